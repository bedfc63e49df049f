//! What a source's query says, as far as reading its words can tell.
//!
//! Only a courtesy: it refuses what plainly cannot work before a night is lost over it. What keeps a query
//! from writing is the read-only transaction it runs in.

use std::iter::Peekable;
use std::str::CharIndices;

/// What stands in a query besides comments, texts and quoted names.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// A bare word in lower case, and how many parentheses are open around it.
    Word(String, usize),
    /// `;`, and the byte it is at.
    Semicolon(usize),
    /// `$1` and alike.
    Parameter,
}

/// Checks a query; gives it without the semicolon at its end.
///
/// # Errors
/// What is wrong with it, and a hint.
pub(super) fn check(query: &str) -> Result<&str, (String, &'static str)> {
    const ONE: &str = "write one `select`, or one `with … select`";
    let tokens = tokens(query).map_err(|open| (format!("{open} is not closed"), ONE))?;
    let wrong = |message: &str, hint| Err((message.to_owned(), hint));
    let first = match tokens.first() {
        None => return wrong("must not be empty", ONE),
        Some(Token::Word(word, _)) => word.as_str(),
        Some(_) => "",
    };
    if !["select", "with"].contains(&first) {
        let message = match first {
            "" => "must begin with `select` or `with`".to_owned(),
            word => format!("must begin with `select` or `with`, given `{word}`"),
        };
        return Err((message, ONE));
    }
    let locks = |how: &str| {
        Err((
            format!("must not lock rows, given `for {how}`"),
            "a read-only transaction may not lock; leave it out",
        ))
    };
    let mut rest = tokens
        .iter()
        .skip_while(|token| !matches!(token, Token::Semicolon(_)));
    let end = match rest.next() {
        Some(Token::Semicolon(end)) => *end,
        _ => query.len(),
    };
    if rest.any(|token| !matches!(token, Token::Semicolon(_))) {
        return wrong("must be one statement, given several", ONE);
    }
    if tokens.contains(&Token::Parameter) {
        return wrong(
            "must not have parameters such as `$1`",
            "write the value itself; how far it was read is kept track of for you",
        );
    }
    let words: Vec<(&str, usize)> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Word(word, depth) => Some((word.as_str(), *depth)),
            _ => None,
        })
        .collect();
    for (at, (word, depth)) in words.iter().enumerate() {
        // `as limit` names a column.
        if at
            .checked_sub(1)
            .is_some_and(|before| words[before] == ("as", *depth))
        {
            continue;
        }
        let behind = |by: usize| words.get(at + by).map_or("", |(word, _)| *word);
        let next = behind(1);
        match (*word, next) {
            // Only these as the first word of a `with` write; a column may well be called `update`.
            ("insert", "into") | ("delete", "from") | ("merge", "into") => {
                return Err((
                    format!("must only read, given `{word} {next}`"),
                    "the source is read in a read-only transaction and could not be written to",
                ));
            }
            ("into", _) => {
                return wrong(
                    "must only read, given `into`",
                    "a source makes no tables; leave `into` out",
                );
            }
            ("for", "update" | "share") => return locks(next),
            ("for", "no" | "key") if ["key", "share"].contains(&behind(2)) => return locks(next),
            ("limit" | "offset" | "fetch", _) if *depth == 0 => {
                return Err((
                    format!("must not be cut off, given `{word}`"),
                    "rows behind the cut would never be reached; `page` says how many are read at a time",
                ));
            }
            _ => {}
        }
    }
    Ok(query[..end].trim_end())
}

/// Reads the tokens; the error says what was opened and not closed.
fn tokens(query: &str) -> Result<Vec<Token>, &'static str> {
    let (mut found, mut depth, mut before) = (Vec::new(), 0_usize, ' ');
    let mut chars = query.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let part = std::mem::replace(&mut before, c) == '.';
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '-' if next == Some('-') => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '/' if next == Some('*') => block_comment(&mut chars)?,
            '\'' => quoted(&mut chars, '\'', escapes(query, at)).ok_or("a text in quotes")?,
            '"' => quoted(&mut chars, '"', false).ok_or("a name in double quotes")?,
            '$' if next.is_some_and(|next| next.is_ascii_digit()) => found.push(Token::Parameter),
            '$' => {
                // `$$ … $$` or `$tag$ … $tag$`.
                let rest = &query[at..];
                let end = rest[1..].find('$').map_or(0, |end| end + 2);
                let tag = &rest[..end];
                if end > 0 && tag[1..end - 1].chars().all(is_word) {
                    let body = rest[end..].find(tag).ok_or("a text in dollars")?;
                    let behind = at + end + body + tag.len();
                    while chars.next_if(|(at, _)| *at < behind).is_some() {}
                }
            }
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' => found.push(Token::Semicolon(at)),
            c if is_word(c) => {
                let mut word = c.to_lowercase().to_string();
                while let Some((_, c)) = chars.next_if(|(_, c)| is_word(*c) || *c == '$') {
                    word.extend(c.to_lowercase());
                }
                // `a.limit` is a column, whatever it is called.
                if !part {
                    found.push(Token::Word(word, depth));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the text that opens at this place is `e'…'`, in which a backslash escapes.
fn escapes(query: &str, at: usize) -> bool {
    let mut before = query[..at].chars().rev();
    before.next().is_some_and(|c| c == 'e' || c == 'E') && !before.next().is_some_and(is_word)
}

fn quoted(chars: &mut Peekable<CharIndices<'_>>, quote: char, escapes: bool) -> Option<()> {
    loop {
        match chars.next()?.1 {
            '\\' if escapes => drop(chars.next()),
            // A doubled quote opens the same text again.
            c if c == quote && chars.next_if(|(_, c)| *c == quote).is_none() => return Some(()),
            _ => {}
        }
    }
}

/// Comments nest in Postgres.
fn block_comment(chars: &mut Peekable<CharIndices<'_>>) -> Result<(), &'static str> {
    let (mut open, mut before) = (0_u32, '/');
    for (_, c) in chars.by_ref() {
        match (before, c) {
            ('/', '*') => {
                open += 1;
                before = ' ';
            }
            ('*', '/') => {
                open -= 1;
                before = ' ';
            }
            _ => before = c,
        }
        if open == 0 {
            return Ok(());
        }
    }
    Err("a comment")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(query: &str) -> String {
        match check(query) {
            Ok(query) => format!("ok: {query}"),
            Err((message, hint)) => format!("{message} (hint: {hint})"),
        }
    }

    #[test]
    fn reading_queries_pass_whatever_their_texts_and_names_hold() {
        for query in [
            "select 1",
            "  SELECT a.update, b.\"insert\" from a join b using (id)",
            "with x as (select 1) select * from x",
            "-- delete from a;\nselect 'insert into x; $1', e'it\\'s; into', $$ drop; $$, $t$ ; into $$ $t$ from a",
            "select 1 /* one; /* two */ into */ where a <> 'it''s'",
            "select delete, deleted_from, limits, \"limit\", a.limit, b as into from a",
            "select * from (select * from a order by b limit 3) as newest",
            "select count(*) over (order by a rows between 1 preceding and current row) from b",
            "select extract(year from now()), overlay('a' placing 'b' from 1 for 2)",
        ] {
            assert_eq!(said(query), format!("ok: {query}"), "{query}");
        }
        for ended in ["select 1 ;\n ; ", "select 1; -- the end", "select 1\n"] {
            assert_eq!(said(ended), "ok: select 1");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_word() {
        let queries = [
            "",
            "-- nothing\n",
            "update a set b = 1",
            "(select 1)",
            "select 1; drop table a",
            "select 1; -- and\n;drop table a",
            "with x as (delete from a returning *) select * from x",
            "with x as (insert into a values (1) returning *) select * from x",
            "select * into b from a",
            "select * from a for update",
            "select * from a for no key update",
            "select * from a where b > $1",
            "select * from a limit 10",
            "select * from a order by b fetch first row only",
            "select 'a from b",
            "select \"a from b",
            "select 1 /* one",
            "select $t$ a",
            "'select'",
        ];
        insta::assert_snapshot!(queries.map(said).join("\n"), @r"
        must not be empty (hint: write one `select`, or one `with … select`)
        must not be empty (hint: write one `select`, or one `with … select`)
        must begin with `select` or `with`, given `update` (hint: write one `select`, or one `with … select`)
        ok: (select 1)
        must be one statement, given several (hint: write one `select`, or one `with … select`)
        must be one statement, given several (hint: write one `select`, or one `with … select`)
        must only read, given `delete from` (hint: the source is read in a read-only transaction and could not be written to)
        must only read, given `insert into` (hint: the source is read in a read-only transaction and could not be written to)
        must only read, given `into` (hint: a source makes no tables; leave `into` out)
        must not lock rows, given `for update` (hint: a read-only transaction may not lock; leave it out)
        must not lock rows, given `for no` (hint: a read-only transaction may not lock; leave it out)
        must not have parameters such as `$1` (hint: write the value itself; how far it was read is kept track of for you)
        must not be cut off, given `limit` (hint: rows behind the cut would never be reached; `page` says how many are read at a time)
        must not be cut off, given `fetch` (hint: rows behind the cut would never be reached; `page` says how many are read at a time)
        a text in quotes is not closed (hint: write one `select`, or one `with … select`)
        a name in double quotes is not closed (hint: write one `select`, or one `with … select`)
        a comment is not closed (hint: write one `select`, or one `with … select`)
        a text in dollars is not closed (hint: write one `select`, or one `with … select`)
        must not be empty (hint: write one `select`, or one `with … select`)
        ");
    }

    proptest! {
        #[test]
        fn no_text_panics(query in "(select|with|[a-z '\"$;()/*-]|\\PC){0,24}") {
            let _ = check(&query);
        }
    }
}
