//! The plain text of a multi-part draft: what scores read and findings point into.

use serde_json::Value;

use super::ChannelSpec;
use super::check::entries;

/// An entry a line, a blank line between fields, in the order of the channel.
///
/// Parts that the channel does not have are left out; [`check()`](super::check()) reports them.
pub fn render(spec: &ChannelSpec, parts: &Value) -> String {
    let fields: Vec<String> = spec
        .fields
        .iter()
        .filter_map(|field| entries(parts.get(&field.name)))
        .filter(|entries| !entries.is_empty())
        .map(|entries| entries.join("\n"))
        .collect();
    fields.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_in_the_channels_order_whatever_the_objects() {
        let spec = ChannelSpec::find("google-rsa").expect("built in");
        let parts = json!({"descriptions": ["Sourdough."], "extra": ["x"], "headlines": ["Bread", "Rolls"]});
        assert_eq!(render(spec, &parts), "Bread\nRolls\n\nSourdough.");
        assert_eq!(render(spec, &json!({"descriptions": "One"})), "One");
        assert_eq!(render(spec, &json!({})), "");
    }
}
