//! Whether a text is in the language that was asked for.
//!
//! Detection by trigrams (whatlang) is sure only on longer texts, and neighbours such as Danish and
//! Norwegian are taken for each other; so the gate closes only when the detector is sure, the text
//! has 40 letters, and the languages are not of one family.

use whatlang::{Lang, detect};

use super::text::Word;

/// Fewest letters on which the detector is asked.
const LETTERS: usize = 40;

/// The name of the language that the text is in, when it is surely not `language`.
pub(super) fn foreign(text: &str, words: &[Word], language: &str) -> Option<&'static str> {
    let wanted = known(language)?;
    if text.chars().filter(|c| c.is_alphabetic()).count() < LETTERS {
        return None;
    }
    let info = detect(text)?;
    let found = info.lang();
    if found == wanted || !info.is_reliable() || are_close(found, wanted) {
        return None;
    }
    // A list of foreign names can outweigh the sentence around it; its small words cannot lie.
    if wanted == Lang::Eng {
        const SMALL: [&str; 12] = [
            "the", "of", "and", "to", "in", "a", "is", "for", "with", "on", "its", "are",
        ];
        let small = words
            .iter()
            .filter(|word| SMALL.contains(&word.folded.as_str()))
            .count();
        if small * 8 >= words.len() {
            return None;
        }
    }
    Some(found.eng_name())
}

/// The detector's language for a BCP 47 tag; `None` when it does not know it.
fn known(tag: &str) -> Option<Lang> {
    const TWO: [(&str, &str); 48] = [
        ("ar", "ara"),
        ("be", "bel"),
        ("bg", "bul"),
        ("bn", "ben"),
        ("ca", "cat"),
        ("cs", "ces"),
        ("da", "dan"),
        ("de", "deu"),
        ("el", "ell"),
        ("en", "eng"),
        ("eo", "epo"),
        ("es", "spa"),
        ("et", "est"),
        ("fa", "pes"),
        ("fi", "fin"),
        ("fr", "fra"),
        ("he", "heb"),
        ("hi", "hin"),
        ("hr", "hrv"),
        ("hu", "hun"),
        ("id", "ind"),
        ("it", "ita"),
        ("ja", "jpn"),
        ("ka", "kat"),
        ("ko", "kor"),
        ("la", "lat"),
        ("lt", "lit"),
        ("lv", "lav"),
        ("mk", "mkd"),
        ("nb", "nob"),
        ("nl", "nld"),
        ("no", "nob"),
        ("pl", "pol"),
        ("pt", "por"),
        ("ro", "ron"),
        ("ru", "rus"),
        ("sk", "slk"),
        ("sl", "slv"),
        ("sr", "srp"),
        ("sv", "swe"),
        ("ta", "tam"),
        ("te", "tel"),
        ("th", "tha"),
        ("tr", "tur"),
        ("uk", "ukr"),
        ("ur", "urd"),
        ("vi", "vie"),
        ("zh", "cmn"),
    ];
    let primary = tag
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let code = TWO
        .iter()
        .find(|(two, _)| *two == primary)
        .map_or(primary.as_str(), |(_, three)| three);
    Lang::from_code(code)
}

fn are_close(a: Lang, b: Lang) -> bool {
    const FAMILIES: [&[Lang]; 6] = [
        &[Lang::Dan, Lang::Nob, Lang::Swe],
        &[Lang::Hrv, Lang::Srp, Lang::Slv],
        &[Lang::Ces, Lang::Slk],
        &[Lang::Spa, Lang::Por, Lang::Cat],
        &[Lang::Rus, Lang::Ukr, Lang::Bel, Lang::Bul, Lang::Mkd],
        &[Lang::Nld, Lang::Afr],
    ];
    FAMILIES
        .iter()
        .any(|family| family.contains(&a) && family.contains(&b))
}
