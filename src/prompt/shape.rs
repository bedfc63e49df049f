//! What a template may ask a brief for: the names of its variables, and what each of them is.
//!
//! The checker walks template bodies against these shapes; `variables` fills them, and a test there
//! holds the two together.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Text, or null.
    Text,
    /// A number, or null.
    Number,
    /// True or false.
    Truth,
    /// A list.
    List(&'static Shape),
    /// Named parts.
    Record(&'static Record),
}

/// Named parts and what to call their owner.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    /// With its article, such as `a fact`.
    pub noun: &'static str,
    /// Names and shapes.
    pub parts: &'static [(&'static str, Shape)],
}

impl Shape {
    /// With its article, as messages name it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Truth => "true or false",
            Self::List(_) => "a list",
            Self::Record(record) => record.noun,
        }
    }
}

impl Record {
    /// The shape of a part.
    pub(super) fn part(&self, name: &str) -> Option<(&'static str, Shape)> {
        self.parts.iter().find(|(part, _)| *part == name).copied()
    }

    /// The names of the parts.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.parts.iter().map(|(part, _)| *part)
    }
}

/// Everything a template can use.
pub(super) static BRIEF: Record = Record {
    noun: "the brief",
    parts: &[
        ("topic", Shape::Text),
        ("kind", Shape::Text),
        ("language", Shape::Text),
        ("language_name", Shape::Text),
        ("facts", Shape::List(&Shape::Record(&FACT))),
        ("quotes", Shape::List(&Shape::Record(&QUOTE))),
        ("sources", Shape::List(&Shape::Record(&SOURCE))),
        ("must_include", Shape::List(&Shape::Text)),
        ("must_avoid", Shape::List(&Shape::Text)),
        ("audience", Shape::Text),
        ("tone", Shape::Text),
        ("cta", Shape::Text),
        ("channel", Shape::Text),
        ("length", Shape::Record(&LENGTH)),
        ("tags", Shape::List(&Shape::Text)),
        ("note", Shape::Text),
    ],
};

static FACT: Record = Record {
    noun: "a fact",
    parts: &[
        ("id", Shape::Text),
        ("label", Shape::Text),
        ("value", Shape::Text),
        ("unit", Shape::Text),
        ("as_of", Shape::Text),
    ],
};

static QUOTE: Record = Record {
    noun: "a quote",
    parts: &[
        ("id", Shape::Text),
        ("text", Shape::Text),
        ("speaker", Shape::Text),
    ],
};

static SOURCE: Record = Record {
    noun: "a source",
    parts: &[
        ("id", Shape::Text),
        ("text", Shape::Text),
        ("url", Shape::Text),
    ],
};

static LENGTH: Record = Record {
    noun: "a length",
    parts: &[("min_words", Shape::Number), ("max_words", Shape::Number)],
};
