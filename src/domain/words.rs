//! `words!`: enums whose values are words, each the same in SQL, JSON, forms and on the command line.

/// Makes such an enum: `as_str`, `ALL` in the order of the list, `FromStr`, `Display` and serde, all by the same words.
///
/// A second text after a word is what a person reads, and makes the method `label`. `else` gives the sentence about
/// a word that is none of them, with `{}` where it goes; without it, the sentence lists the words there are.
///
/// ```ignore
/// words! {
///     /// Order of the queue.
///     QueueOrder {
///         /// The earliest deadline first.
///         Due = "due", "deadline";
///         /// The best first.
///         Priority = "priority", "priority";
///     } else "there is no order `{}`"
/// }
/// ```
macro_rules! words {
    (
        $(#[$about:meta])* $name:ident {
            $($(#[$about_variant:meta])* $variant:ident = $word:tt $(, $said:tt)?;)+
        } $(else $unknown:tt)?
    ) => {
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize,
        )]
        $(#[$about])*
        pub enum $name {
            $($(#[$about_variant])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one, in the order in which they are shown.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word in SQL, JSON and forms.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::words::words!(@unknown word, [$($word),+] $(, $unknown)?)),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::domain::words::words!(@said $name $($variant $($said)?;)+);
    };
    (@unknown $word:ident, $known:expr) => {
        format!("`{}` is none of {}", $word, $crate::domain::suggest::listed($known))
    };
    (@unknown $word:ident, $known:expr, $unknown:tt) => {
        format!($unknown, $word)
    };
    (@said $name:ident $($variant:ident;)+) => {};
    (@said $name:ident $($variant:ident $said:tt;)+) => {
        impl $name {
            /// As a person reads it.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $said,)+ }
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use utoipa::{PartialSchema, ToSchema};

    words! {
        /// A colour.
        #[derive(Default, ToSchema)]
        Colour {
            /// Of grass.
            #[default]
            Green = "green", "of grass";
            /// Of the evening.
            DarkRed = "dark_red", "of the evening";
        }
    }

    words! {
        /// A side.
        Side {
            /// Here.
            Left = "left";
            /// There.
            Right = "right";
        } else "no side is called `{}`"
    }

    #[test]
    fn words_are_the_same_everywhere() {
        for colour in Colour::ALL {
            let word = colour.as_str();
            assert_eq!(word.parse(), Ok(colour));
            assert_eq!(serde_json::json!(colour), word);
            assert_eq!(serde_json::from_value(word.into()).ok(), Some(colour));
            assert_eq!(colour.to_string(), word);
        }
        let schema = serde_json::to_value(Colour::schema()).expect("JSON");
        assert_eq!(schema["enum"], serde_json::json!(["green", "dark_red"]));
        assert_eq!(Colour::default().label(), "of grass");
    }

    #[test]
    fn an_unknown_word_is_told() {
        let colour = "blue".parse::<Colour>();
        assert_eq!(
            colour,
            Err("`blue` is none of `green`, `dark_red`".to_owned())
        );
        let side = "up".parse::<Side>();
        assert_eq!(side, Err("no side is called `up`".to_owned()));
        assert_eq!(Side::ALL.map(Side::as_str), ["left", "right"]);
    }
}
