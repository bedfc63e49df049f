//! What a reasoning model thinks before it answers, taken out of its text: `<think>…</think>`.
//!
//! It is no copy, and none of it may be scored or reach an editor as copy; it is recorded beside the draft.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes the reasoning out of a text and gives it; none where there is none.
///
/// `is_open` says that the chat template opened the block itself, so that the text holds its end only; a budget that
/// runs out in the middle leaves a block without an end, and then there is no answer.
pub(super) fn cut(text: &mut String, is_open: bool) -> Option<String> {
    let close = text.find(CLOSE);
    let (begin, inner, end) = match (text.find(OPEN), close) {
        (Some(open), Some(close)) if open < close => {
            (open, open + OPEN.len()..close, close + CLOSE.len())
        }
        (_, Some(close)) => (0, 0..close, close + CLOSE.len()),
        (Some(open), None) => (open, open + OPEN.len()..text.len(), text.len()),
        (None, None) if is_open => (0, 0..text.len(), text.len()),
        (None, None) => return None,
    };
    let reasoning = text[inner].trim().to_owned();
    text.replace_range(begin..end, "");
    Some(reasoning)
}

/// Whether a prompt ends in the middle of a block.
pub(super) fn is_open(prompt: &str) -> bool {
    prompt.trim_end().ends_with(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_cut_whole_empty_half_or_without_its_beginning() {
        for (given, answer, reasoning) in [
            (
                "<think>\nHm.\n</think>\n\nRain fell.",
                "\n\nRain fell.",
                Some("Hm."),
            ),
            (
                "<think>\n\n</think>\n\nRain fell.",
                "\n\nRain fell.",
                Some(""),
            ),
            ("Hm.\n</think>\nRain fell.", "\nRain fell.", Some("Hm.")),
            ("<think>\nHm, rain", "", Some("Hm, rain")),
            ("Rain fell.", "Rain fell.", None),
        ] {
            let mut text = given.to_owned();
            assert_eq!(cut(&mut text, false).as_deref(), reasoning, "{given}");
            assert_eq!(text, answer, "{given}");
        }
    }

    #[test]
    fn what_follows_a_block_that_the_template_opened_is_reasoning_until_its_end() {
        assert!(is_open("<|assistant|><think>\n") && !is_open("<|assistant|>\n"));
        let mut text = "Hm, rain".to_owned();
        assert_eq!(cut(&mut text, true).as_deref(), Some("Hm, rain"));
        assert_eq!(text, "");
        let mut text = "Hm.</think>Rain fell.".to_owned();
        assert_eq!(cut(&mut text, true).as_deref(), Some("Hm."));
        assert_eq!(text, "Rain fell.");
    }
}
