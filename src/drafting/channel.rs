//! Which channel a draft is for, and whether a template drafts what that channel consists of.

use super::error::DraftError;
use crate::channel::ChannelSpec;
use crate::domain::campaign::CampaignSpec;
use crate::domain::suggest;
use crate::prompt::Template;

/// The channel of that name.
///
/// # Errors
/// [`DraftError::UnknownChannel`] with the names that exist.
pub fn find_channel(name: &str) -> Result<&'static ChannelSpec, DraftError> {
    ChannelSpec::find(name).ok_or_else(|| {
        let known: Vec<String> = crate::channel::builtin()
            .iter()
            .map(|spec| format!("`{}`", spec.name))
            .collect();
        DraftError::UnknownChannel {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

/// Whether a template drafts what a campaign's channel consists of.
///
/// # Errors
/// [`DraftError::PartsMismatch`].
pub fn check_parts(
    template: &Template,
    channel: Option<&ChannelSpec>,
    spec: &CampaignSpec,
) -> Result<(), DraftError> {
    let mismatch = |key, message, hint| Err(DraftError::PartsMismatch { key, message, hint });
    let refuse = |message: String, hint: String| mismatch("channel", message, hint);
    let parts = || template.front.parts.iter().map(|part| part.name.as_str());
    if let Some(name) = spec
        .draft
        .targets
        .keys()
        .find(|name| parts().all(|part| part != *name))
    {
        let message = format!(
            "`targets` names `{name}`, and template `{}` drafts no such part",
            template.name
        );
        return mismatch(
            "targets",
            message,
            format!("its parts: {}", suggest::listed(parts())),
        );
    }
    let listed = |channel: &ChannelSpec| {
        suggest::listed(channel.fields.iter().map(|field| field.name.as_str()))
    };
    let fitting = || {
        let fitting = crate::channel::builtin()
            .iter()
            .filter(|spec| fields_match(spec, parts()));
        suggest::listed(fitting.map(|spec| spec.name.as_str()))
    };
    match channel {
        None if parts().next().is_none() => Ok(()),
        None => refuse(
            format!(
                "template `{}` drafts {}, and no channel says how many",
                template.name,
                suggest::listed(parts())
            ),
            format!("channels with these parts: {}", fitting()),
        ),
        Some(channel) if parts().next().is_none() && channel.is_multi_part() => refuse(
            format!(
                "channel `{}` consists of {}, and template `{}` drafts running text",
                channel.name,
                listed(channel),
                template.name
            ),
            "choose a template with `[[parts]]` of these names".to_owned(),
        ),
        Some(channel) if parts().next().is_some() && !fields_match(channel, parts()) => refuse(
            format!(
                "template `{}` drafts {}, and channel `{}` consists of {}",
                template.name,
                suggest::listed(parts()),
                channel.name,
                listed(channel)
            ),
            format!("channels with these parts: {}", fitting()),
        ),
        Some(_) => Ok(()),
    }
}

/// Whether the parts are exactly the channel's fields.
fn fields_match<'a>(channel: &ChannelSpec, parts: impl Iterator<Item = &'a str>) -> bool {
    let mut parts: Vec<&str> = parts.collect();
    let mut fields: Vec<&str> = channel
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    parts.sort_unstable();
    fields.sort_unstable();
    parts == fields
}
