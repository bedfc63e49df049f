//! Handlebars source to a syntax tree, and a plain account of why it has none.
//!
//! The parser's own account of an unclosed block is a list of grammar rules; a small scan of the tags
//! says which block, opened where.

use handlebars::template::TemplateElement;
use handlebars::{Template, TemplateError, TemplateErrorReason};

use super::error::{Fault, PromptError};

/// A compiled body or partial, with what turns its lines into lines of its file.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub file: String,
    /// Lines above the source in the file.
    pub offset: usize,
    pub tree: Template,
}

/// Compiles the source that starts below line `offset` of `file`.
///
/// # Errors
/// [`Fault::Block`] or [`Fault::Syntax`] with the line in the file.
pub(super) fn compile(file: &str, source: &str, offset: usize) -> Result<Compiled, PromptError> {
    match Template::compile_with_name(source, file.to_owned()) {
        Ok(mut tree) => {
            mark_all(&mut tree);
            Ok(Compiled {
                file: file.to_owned(),
                offset,
                tree,
            })
        }
        Err(error) => {
            let (line, fault) =
                unbalanced(source, offset).unwrap_or_else(|| explained(source, &error));
            Err(fault.at(file, line + offset, ""))
        }
    }
}

/// Makes `{{{name}}}` what `{{name}}` is: Handlebars prints the former past its escape function, which is what
/// marks values here, and nothing is escaped for either.
fn mark_all(tree: &mut Template) {
    for element in &mut tree.elements {
        if let TemplateElement::HtmlExpression(call) = element {
            *element = TemplateElement::Expression(call.clone());
        } else if let TemplateElement::HelperBlock(call) = element {
            call.template.iter_mut().for_each(mark_all);
            call.inverse.iter_mut().for_each(mark_all);
        }
    }
}

fn explained(source: &str, error: &TemplateError) -> (usize, Fault) {
    let (line, column) = error.pos().unwrap_or((1, 1));
    if let TemplateErrorReason::InvalidParam(text) = error.reason() {
        return (
            line,
            Fault::Syntax {
                column,
                near: text.clone(),
            },
        );
    }
    let text = source
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or_default();
    let near = text
        .chars()
        .skip(column.saturating_sub(1))
        .take(30)
        .collect();
    (line, Fault::Syntax { column, near })
}

/// The first tag or block that is not closed as it was opened, and its line in the source.
fn unbalanced(source: &str, offset: usize) -> Option<(usize, Fault)> {
    let line = |at: usize| source[..at].matches('\n').count() + 1;
    let block =
        |at: usize, message: String, hint: String| Some((line(at), Fault::Block { message, hint }));
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut from = 0;
    while let Some(at) = source[from..].find("{{").map(|found| from + found) {
        let comment = source[at..].starts_with("{{!--");
        let end = if comment { "--}}" } else { "}}" };
        let Some(length) = source[at..].find(end) else {
            let message = "a tag that starts with `{{` is never closed".to_owned();
            return block(at, message, format!("close it with `{end}`"));
        };
        let tag = source[at + 2..at + length].trim_matches(['{', '~', ' ', '}']);
        if let Some(rest) = tag
            .strip_prefix('#')
            .map(|rest| rest.trim_start_matches(['>', '*', ' ']))
        {
            open.push((rest.split_whitespace().next().unwrap_or_default(), at));
        } else if let Some(closing) = tag.strip_prefix('/').map(str::trim) {
            match open.pop() {
                Some((opened, _)) if opened == closing => {}
                Some((opened, opened_at)) => {
                    let opened_at = line(opened_at) + offset;
                    let message = format!(
                        "`{{{{/{closing}}}}}` closes the block `{{{{#{opened}}}}}` of line {opened_at}"
                    );
                    return block(at, message, format!("write `{{{{/{opened}}}}}` first"));
                }
                None => {
                    let message = format!("`{{{{/{closing}}}}}` closes a block that is not open");
                    return block(
                        at,
                        message,
                        format!("open it with `{{{{#{closing} …}}}}`, or drop it"),
                    );
                }
            }
        }
        from = at + length + end.len();
    }
    let (name, at) = open.pop()?;
    let message = format!("the block `{{{{#{name}}}}}` that starts here is never closed");
    block(at, message, format!("close it with `{{{{/{name}}}}}`"))
}
