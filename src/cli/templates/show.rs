//! `nightdesk templates show`: a template as its writer, the model and an editor see it.

use std::path::Path;

use clap::Args;

use super::briefs::{brief_of_file, sample_brief, sample_file};
use super::list::{kinds, summary};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{input_files, output};
use crate::files::{self, MOST_TEXT};

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// Template, such as news/explainer.
    name: String,
    /// Brief to render: a JSON file, or its external_ref or id in the database; by default the template's sample brief.
    #[arg(long, value_name = "BRIEF")]
    brief: Option<String>,
}

pub(super) async fn show(context: &Context, args: ShowArgs) -> Result<(), Failure> {
    let templates = context.templates()?;
    let template = templates.get(&args.name)?;
    let brief = match &args.brief {
        Some(file) if input_files::is_readable(Path::new(file)) => {
            Some(brief_of_file(Path::new(file)).await?)
        }
        Some(name) => Some(context.store().await?.brief(name).await?.brief),
        None => sample_brief(context, &template.name)?,
    };
    let rendered = match &brief {
        Some(brief) => Some(template.render(brief)?),
        None => None,
    };
    let sample = files::read_text(&sample_file(context, &template.name, "md"), MOST_TEXT).ok();
    if context.json {
        let mut object = summary(template);
        let examples: Vec<_> = template
            .examples()
            .map(|(asked, answer)| serde_json::json!({"asked": asked, "answer": answer}))
            .collect();
        object["examples"] = serde_json::json!(examples);
        object["source"] = serde_json::json!(template.source);
        object["brief"] = serde_json::json!(brief.map(|brief| brief.external_ref));
        object["messages"] = serde_json::json!(rendered.map(|rendered| rendered.messages));
        object["sample"] = serde_json::json!(sample);
        return output::json(&object);
    }
    let front = &template.front;
    output::heading(&template.name)?;
    output::line(&format!("{} ({})", front.description, kinds(template)))?;
    output::line(&format!("file       {}", template.path))?;
    output::line(&format!("sha256     {}", template.sha256))?;
    output::line(&format!("variables  {}", front.variables.join(", ")))?;
    let bound = |bound: Option<u32>| bound.map_or("any".to_owned(), |words| words.to_string());
    output::line(&format!(
        "words      {} to {}",
        bound(front.length.min_words),
        bound(front.length.max_words)
    ))?;
    output::line(&format!("stop       {:?}", front.stop))?;
    if let (Some(rendered), Some(brief)) = (&rendered, &brief) {
        output::line("")?;
        output::heading(&format!(
            "What the model is asked about {}",
            brief.external_ref
        ))?;
        for message in &rendered.messages {
            output::line(&format!("<{}>\n{}", message.role.as_str(), message.content))?;
        }
    } else {
        for (asked, answer) in template.examples() {
            output::line(&format!("\n<user>\n{asked}\n<assistant>\n{answer}"))?;
        }
        output::note("no sample brief is there; name one with `--brief`");
    }
    if let Some(sample) = &sample {
        let drafted = sample.find("## Draft").map(|at| &sample[at..]);
        output::line(&format!("\n{}", drafted.unwrap_or(sample).trim_end()))?;
    }
    Ok(())
}
