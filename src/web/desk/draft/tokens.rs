//! How sure the model was of each word: its own probability, of the raw distribution, before temperature and limits.
//!
//! It says what the model would usually have written here, not what is true: that is what findings are for.

use maud::{Markup, html};
use uuid::Uuid;

use crate::domain::problem::Problem;
use crate::store::StoreError;
use crate::web::state::WebState;

/// Some tokens with the text that they are together: often one, several for a character of several bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    text: String,
    /// Of the least likely of them, 0–1.
    probability: f64,
}

/// A draft as its tokens.
#[derive(Debug)]
pub(in crate::web::desk) struct Tokens(Result<Vec<Token>, Problem>);

/// Classes of probability: the lower end of each, its style and its words.
const CLASSES: [(f64, &str, &str); 4] = [
    (0.5, "sure", "50 % or more"),
    (0.2, "less", "20 to 50 %"),
    (0.05, "little", "5 to 20 %"),
    (0.0, "least", "below 5 %"),
];

/// Least sure places that are listed.
const LISTED: usize = 5;

/// Reads a draft's tokens; what keeps them from being read is told in their place.
pub(super) async fn tokens(state: &WebState, draft: Uuid) -> Result<Tokens, StoreError> {
    let found = state.store.draft_tokens(draft).await?;
    let vocabulary = state.vocabularies.of(&found.model, &found.model_sha256);
    let vocabulary = match vocabulary.await {
        Ok(vocabulary) => vocabulary,
        Err(problem) => return Ok(Tokens(Err(problem))),
    };
    let pieces = vocabulary.pieces(&found.token_ids);
    Ok(Tokens(Ok(joined(pieces, &found.logprobs))))
}

/// Pieces with the probability of their least likely token.
fn joined(pieces: Vec<(usize, String)>, logprobs: &[f32]) -> Vec<Token> {
    let mut from = 0;
    pieces
        .into_iter()
        .map(|(tokens, text)| {
            let of = logprobs.get(from..from + tokens).unwrap_or_default();
            from += tokens;
            let least = of.iter().copied().fold(0.0_f32, f32::min);
            Token {
                text,
                probability: f64::from(least).exp(),
            }
        })
        .collect()
}

fn class(probability: f64) -> &'static str {
    let of = CLASSES.iter().find(|(from, ..)| probability >= *from);
    of.map_or("least", |(_, class, _)| class)
}

fn percent(probability: f64) -> String {
    match probability {
        tiny if tiny < 0.01 => "below 1 %".to_owned(),
        some => format!("{:.0} %", some * 100.0),
    }
}

/// The draft in the colours of its probabilities.
pub(super) fn shown(language: &str, tokens: &Tokens) -> Markup {
    let tokens = match &tokens.0 {
        Ok(tokens) => tokens,
        Err(problem) => {
            return html! {
                div class="card warn" role="note" {
                    p { (problem.message) }
                    @if let Some(hint) = &problem.hint { p { (hint) } }
                }
            };
        }
    };
    let mut least: Vec<&Token> = tokens
        .iter()
        .filter(|token| token.probability < 0.5 && !token.text.trim().is_empty())
        .collect();
    least.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    least.truncate(LISTED);
    html! {
        p class="muted" {
            "How likely each word was to the model itself, as it wrote it. An unlikely word is a place to look at, not a mistake."
        }
        p class="legend" {
            @for (_, class, said) in CLASSES { span class={ "token " (class) } { (said) } " " }
        }
        div class="copy tokens" dir="auto" lang=(language) {
            @for token in tokens {
                span class={ "token " (class(token.probability)) } title=(percent(token.probability)) { (token.text) }
            }
        }
        @if !least.is_empty() {
            p { "Least likely: "
                @for (place, token) in least.iter().enumerate() {
                    @if place > 0 { ", " }
                    q dir="auto" { (token.text.trim()) } " (" (percent(token.probability)) ")"
                }
                "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_several_tokens_is_as_likely_as_the_least_of_them() {
        let pieces = vec![
            (1, "Rain".to_owned()),
            (3, " 👩".to_owned()),
            (1, ".".to_owned()),
        ];
        let tokens = joined(pieces, &[0.0, -0.1, -3.0, -0.2, -0.7]);
        let shown: Vec<(&str, String, &str)> = tokens
            .iter()
            .map(|token| {
                let probability = token.probability;
                (
                    token.text.as_str(),
                    percent(probability),
                    class(probability),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("Rain", "100 %".to_owned(), "sure"),
                (" 👩", "5 %".to_owned(), "least"),
                (".", "50 %".to_owned(), "less"),
            ]
        );
        assert_eq!(percent(0.004), "below 1 %");
    }

    #[test]
    fn markup_in_a_token_is_text() {
        let tokens = Tokens(Ok(joined(vec![(1, "<b>".to_owned())], &[-9.0])));
        let page = shown("en", &tokens).into_string();
        assert!(
            page.contains("&lt;b&gt;") && !page.contains("<b>"),
            "{page}"
        );
    }
}
