//! `nightdesk templates list`: the templates there are, and what each says about itself.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::prompt::Template;

pub(super) fn list(context: &Context) -> Result<(), Failure> {
    let templates = context.templates()?;
    for (name, _) in templates.refused() {
        output::note(&format!(
            "{name} cannot be loaded; `nightdesk templates check {name}` says why"
        ));
    }
    if context.json {
        let all: Vec<_> = templates.iter().map(summary).collect();
        return output::json(&all);
    }
    let rows = templates
        .iter()
        .map(|template| {
            vec![
                template.name.clone(),
                kinds(template),
                template.sha256[..12].to_owned(),
                template.front.description.clone(),
            ]
        })
        .collect();
    output::table(&["TEMPLATE", "KINDS", "SHA256", "WHAT IT DRAFTS"], rows)
}

/// What a template says about itself.
pub(super) fn summary(template: &Template) -> serde_json::Value {
    let front = &template.front;
    serde_json::json!({
        "name": template.name, "kinds": front.kinds, "description": front.description,
        "variables": front.variables, "min_words": front.length.min_words,
        "max_words": front.length.max_words, "stop": front.stop, "file": template.path,
        "sha256": template.sha256,
    })
}

pub(super) fn kinds(template: &Template) -> String {
    let kinds: Vec<&str> = template
        .front
        .kinds
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    kinds.join(", ")
}
