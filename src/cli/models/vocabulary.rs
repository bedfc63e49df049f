//! Whether tokenizer and graph can be of one model.

/// A warning where tokenizer and graph can hardly be of one model; graphs often have a few places that no token has.
pub(super) fn other_vocabulary(tokens: usize, scored: usize) -> String {
    if tokens > scored || scored > tokens + tokens / 4 + 1024 {
        format!("; the graph scores {scored}: are the two of one model?")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_places_without_a_token_are_no_other_model() {
        // Qwen 2.5 and Phi-3.
        for (tokens, scored) in [(151_665, 151_936), (32_011, 32_064), (1500, 1500)] {
            assert_eq!(other_vocabulary(tokens, scored), "");
        }
        for (tokens, scored) in [(32_000, 50_257), (50_257, 32_000)] {
            assert_eq!(
                other_vocabulary(tokens, scored),
                format!("; the graph scores {scored}: are the two of one model?")
            );
        }
    }
}
