//! Whether a text keeps every limit of a channel given by its name, as the channel is now.

use serde_json::Value;

use super::{ChannelSpec, check};
use crate::domain::review::CopyFault;

/// Asks the channel of a draft; a draft without one, or of a channel that is gone, has no limits.
///
/// # Errors
/// [`CopyFault::OverLimit`] with everything that breaks a limit.
pub fn check_limits(
    channel: Option<&str>,
    text: &str,
    parts: Option<&Value>,
) -> Result<(), CopyFault> {
    let Some(spec) = channel.and_then(ChannelSpec::find) else {
        return Ok(());
    };
    let violations = check(spec, text, parts).violations;
    if violations.is_empty() {
        return Ok(());
    }
    Err(CopyFault::OverLimit {
        channel: spec.name.clone(),
        violations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_channel_has_limits() {
        let long = "long ".repeat(80);
        assert_eq!(check_limits(None, &long, None), Ok(()));
        assert_eq!(check_limits(Some("x-post"), "short", None), Ok(()));
        assert!(matches!(
            check_limits(Some("x-post"), &long, None),
            Err(CopyFault::OverLimit { channel, violations }) if channel == "x-post" && violations.len() == 1
        ));
    }
}
