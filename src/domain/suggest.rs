//! "Did you mean": the known word nearest to a mistyped one, else the list of known words.

/// The nearest of `known`, where it is near enough to be a typing mistake.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        // A third of the word may be wrong; more, and the hint would be a guess.
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A hint: the nearest of `known`, else all of them.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", listed(known)),
    }
}

/// The words in backticks, parted by commas.
pub fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_offered_and_far_ones_are_not() {
        let known = ["facts", "topic", "kind"];
        assert_eq!(nearest("factz", known), Some("facts"));
        assert_eq!(nearest("Topic", known), Some("topic"));
        assert_eq!(nearest("knid", known), Some("kind"));
        assert_eq!(nearest("headline", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_hint_names_the_nearest_or_all() {
        let known = ["news/explainer", "ad/product"];
        assert_eq!(
            hint("news/explaner", known),
            "did you mean `news/explainer`?"
        );
        assert_eq!(hint("poem", known), "known: `news/explainer`, `ad/product`");
        assert_eq!(hint("poem", []), "known: none");
    }
}
