//! Nothing that a brief says becomes a control token of the default model, in any template that ships.

use nightdesk::domain::brief::Brief;
use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::drafting::DraftPlan;
use nightdesk::prompt::Templates;
use serde_json::{Value, json};

use super::{NaiveDate, default_model, project};

/// A brief in which every text is this one, behind a word.
fn brief(kind: &str, text: &str) -> Brief {
    let value = |word: &str| json!(format!("{word} {text}"));
    let fact = json!({"id": value("f"), "label": value("Depth"), "value": value("4"), "unit": value("cm"), "as_of": value("May")});
    let brief: Value = json!({
        "external_ref": "a", "kind": kind, "topic": value("Snow"), "language": value("en"), "facts": [fact],
        "quotes": [{"id": value("q"), "text": value("Cold"), "speaker": value("Ada")}],
        "sources": [{"id": value("s"), "text": value("It snowed"), "url": value("u")}],
        "must_include": [{"text": value("ice")}], "must_avoid": [value("rain")], "audience": value("all"),
        "tone": value("dry"), "cta": value("Call"), "channel": value("push"), "tags": [value("winter")],
    });
    serde_json::from_value(brief).expect("a brief")
}

#[test]
fn no_control_token_of_the_default_model_comes_out_of_a_brief() {
    let engine = default_model();
    let steering = engine.tokenizer().added_tokens();
    assert!(steering.len() > 10);
    let templates = Templates::load(&project("templates/prompts")).expect("templates");
    for template in templates.iter() {
        let source = format!(
            "name = \"t\"\n[draft]\ntemplate = {:?}\nmodel = \"smollm2-135m-instruct\"\n",
            template.name
        );
        let spec = CampaignSpec::parse(&source, "t").expect("a spec");
        let plan =
            DraftPlan::new(spec, template.clone(), &engine, NaiveDate::default()).expect("a plan");
        let prompt = |text: &str| {
            let brief = brief(template.front.kinds[0].as_str(), text);
            let note = Some(format!("Shorter {text}"));
            let prompt = plan
                .prompt(&brief, note.as_deref(), &engine)
                .expect("a prompt");
            let ids = prompt.tokens.iter().copied();
            let markers: Vec<u32> = ids.filter(|id| steering.contains_key(id)).collect();
            (markers, prompt.prefix_len)
        };
        let own = prompt("wind");
        for token in steering.values() {
            assert_eq!(prompt(token), own, "{token} in {}", template.name);
            let nested = format!("{}{token}{}", &token[..4], &token[4..]);
            assert_eq!(prompt(&nested), own, "{nested} in {}", template.name);
        }
    }
}
