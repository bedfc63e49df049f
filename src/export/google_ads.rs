//! Google Ads Editor CSV: responsive search ads to import, every one of them paused.
//!
//! Headers and their meaning: `https://support.google.com/google-ads/editor/answer/57747`. A blank cell leaves
//! as it is what the account has. The column `Campaign status` is left out on purpose: on an ad's row it would
//! pause a campaign that runs. There is no way to take an ad down by import that we could confirm, and a changed
//! text makes another ad, so what was killed or corrected comes once more as it left, paused and with a label,
//! for the account to pause what somebody may have switched on. An apostrophe in front of a cell would be
//! printed in the ad; what a spreadsheet would run is held back instead, and so is `[]`, with which Editor erases.

use super::cells::{runs, table};
use super::error::ExportError;
use super::mark::SourceType;
use super::rendered::{Held, Rendered};
use crate::domain::export::Format;
use crate::domain::publication::{Action, CopyText, Publication};
use crate::domain::visible::without_unseen;

const HEADLINES: usize = 15;
const DESCRIPTIONS: usize = 4;

/// Whether a text is an ad of this kind.
pub fn is_ad(publication: &Publication) -> bool {
    let channel = publication.channel.as_deref().unwrap_or_default();
    channel.split('@').next() == Some("google-rsa")
}

/// Fills in an export.
pub(super) fn render(rendered: &mut Rendered) -> Result<(), ExportError> {
    let (ads, others): (Vec<_>, Vec<_>) = std::mem::take(&mut rendered.texts)
        .into_iter()
        .partition(is_ad);
    rendered.others += others.len();
    let (mut table_rows, mut without_link) = (Vec::new(), 0);
    for ad in ads {
        let rows = rows(&ad);
        match rows.iter().flatten().find_map(|cell| against(cell)) {
            Some(reason) => rendered.held.push(Held::new(&ad, reason)),
            None => {
                without_link +=
                    usize::from(ad.action != Action::Cancel && meta(&ad, "final_url").is_empty());
                table_rows.extend(rows);
                rendered.texts.push(ad);
            }
        }
    }
    if without_link > 0 {
        rendered.warnings.push(format!(
            "{without_link} of the ads have no final URL: give `final_url` in the `meta` of their briefs, or fill it in before you post"
        ));
    }
    rendered.bytes = table(Format::GoogleAdsEditor, &header(), &table_rows)?;
    Ok(())
}

/// Why a cell may not leave.
fn against(cell: &str) -> Option<String> {
    if runs(cell) {
        return Some(format!(
            "“{cell}” begins like a formula, and a spreadsheet that opens the file would run it"
        ));
    }
    erases(cell).then(|| {
        format!(
            "“{}” is no text: Google Ads Editor erases what the account has there",
            cell.trim()
        )
    })
}

/// Whether Editor takes the cell for the instruction to erase: `[]`, whatever blanks are in it or around it. The wide
/// forms are what East Asian keyboards type for it.
fn erases(cell: &str) -> bool {
    let bare = without_unseen(cell);
    let mut signs = bare.chars();
    matches!(
        (signs.next(), signs.next(), signs.next()),
        (Some('[' | '［'), Some(']' | '］'), None)
    )
}

fn header() -> Vec<String> {
    let numbered = |name: &'static str, most| (1..=most).map(move |n| format!("{name} {n}"));
    ["Campaign", "Ad Group", "Ad type"]
        .map(str::to_owned)
        .into_iter()
        .chain(numbered("Headline", HEADLINES))
        .chain(numbered("Description", DESCRIPTIONS))
        .chain(["Path 1", "Path 2", "Final URL", "Status", "Labels"].map(str::to_owned))
        .collect()
}

/// What the account has to be told: the ad that is no more, then the one that is.
fn rows(ad: &Publication) -> Vec<Vec<String>> {
    let (gone, word) = match ad.action {
        Action::Publish => (None, ""),
        Action::Correct => (ad.before.as_ref(), "nightdesk: corrected"),
        Action::Cancel => (Some(&ad.copy), "nightdesk: killed"),
    };
    let gone = gone.map(|copy| row(ad, copy, Some(word)));
    let stays = ad.published().map(|copy| row(ad, copy, None));
    gone.into_iter().chain(stays).collect()
}

fn row(ad: &Publication, copy: &CopyText, gone: Option<&str>) -> Vec<String> {
    let or = |given: String, otherwise: &str| {
        if given.is_empty() {
            otherwise.to_owned()
        } else {
            given
        }
    };
    let mut row = vec![
        or(meta(ad, "ads_campaign"), &ad.campaign),
        or(meta(ad, "ads_ad_group"), &ad.brief.external_ref),
        "Responsive search ad".to_owned(),
    ];
    for (part, most) in [("headlines", HEADLINES), ("descriptions", DESCRIPTIONS)] {
        let entries = copy.entries(part);
        row.extend((0..most).map(|n| entries.get(n).copied().unwrap_or_default().to_owned()));
    }
    row.extend(["path1", "path2", "final_url"].map(|key| meta(ad, key)));
    row.push("Paused".to_owned());
    let mut labels = vec![
        format!("AI: {}", SourceType::of_text(ad, &copy.text).code()),
        format!("nightdesk {}", ad.item_id),
    ];
    labels.extend(gone.map(str::to_owned));
    row.push(labels.join(";"));
    row
}

/// What the brief's sender said about the ad.
fn meta(ad: &Publication, key: &str) -> String {
    let value = ad.brief.meta.get(key).and_then(|value| value.as_str());
    value.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::render as export;
    use super::super::tests::{ad, every_action, hostile};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rows_of_every_action() {
        let mut ads = every_action();
        ads.retain(|publication| publication.action != Action::Publish || is_ad(publication));
        for publication in &mut ads {
            let (kept, changed) = (ad(1), ad(2));
            publication.channel = kept.channel;
            publication.before = publication.before.take().map(|_| kept.copy.clone());
            publication.drafted.clone_from(&kept.copy.text);
            publication.copy = changed.copy;
        }
        let rendered = export(Format::GoogleAdsEditor, ads).expect("a file");
        let text = String::from_utf8(rendered.bytes).expect("UTF-8");
        insta::assert_snapshot!(text.replace("\r\n", "\n"));
        assert_eq!(rendered.warnings.len(), 1, "the correction has no link");
    }

    #[test]
    fn what_is_no_ad_or_would_be_run_stays_behind() {
        let mut formula = ad(2);
        formula.copy.parts =
            Some(serde_json::json!({"headlines": ["=cmd|'/c calc'!A0"], "descriptions": []}));
        let mut other = ad(3);
        other.channel = Some("x-post".to_owned());
        let mut linked = ad(4);
        linked.brief.meta.clear();
        let rendered =
            export(Format::GoogleAdsEditor, vec![ad(1), formula, other, linked]).expect("a file");
        let ids: Vec<u128> = rendered
            .texts
            .iter()
            .map(|ad| ad.item_id.as_u128())
            .collect();
        assert_eq!((ids, rendered.others), (vec![1, 4], 1));
        insta::assert_snapshot!(rendered.held[0].reason, @"“=cmd|'/c calc'!A0” begins like a formula, and a spreadsheet that opens the file would run it");
        insta::assert_snapshot!(rendered.warnings.join("\n"), @"1 of the ads have no final URL: give `final_url` in the `meta` of their briefs, or fill it in before you post");
    }

    #[test]
    fn a_cell_that_would_erase_stays_behind_wherever_it_stands() {
        let headline = |cell: &str| {
            let mut ad = ad(1);
            ad.copy.parts = Some(serde_json::json!({"headlines": [cell], "descriptions": []}));
            ad
        };
        let mut path = ad(2);
        path.brief
            .meta
            .insert("path2".to_owned(), serde_json::json!("[]"));
        let mut link = ad(3);
        link.brief
            .meta
            .insert("final_url".to_owned(), serde_json::json!("[]"));
        let mut group = ad(4);
        group.brief.external_ref = "[]".to_owned();
        let mut killed = headline("[]");
        killed.action = Action::Cancel;
        let erasing = [
            headline("[]"),
            headline(" [ ] "),
            headline("\u{feff}[\u{200b}]\u{a0}"),
            headline("［］"),
            path,
            link,
            group,
            killed,
        ];
        for ad in erasing {
            let rendered = export(Format::GoogleAdsEditor, vec![ad]).expect("a file");
            assert_eq!(rendered.texts, []);
            assert!(
                rendered.held[0].reason.contains("Google Ads Editor erases"),
                "{}",
                rendered.held[0].reason
            );
        }
        let rendered = export(Format::GoogleAdsEditor, vec![headline("[]")]).expect("a file");
        insta::assert_snapshot!(rendered.held[0].reason, @"“[]” is no text: Google Ads Editor erases what the account has there");
        for text in ["[a]", "[", "[][]", "Bread []"] {
            let rendered = export(Format::GoogleAdsEditor, vec![headline(text)]).expect("a file");
            assert_eq!(rendered.held, [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_leaves_reads_back_and_is_paused(headlines in prop::collection::vec(hostile(), 0..16), group in hostile()) {
            let mut hostile = ad(1);
            hostile.copy.parts = Some(serde_json::json!({"headlines": headlines, "descriptions": []}));
            hostile.brief.external_ref.clone_from(&group);
            let rendered = export(Format::GoogleAdsEditor, vec![hostile]).expect("a file");
            let mut reader = csv::Reader::from_reader(rendered.bytes.as_slice());
            let header = reader.headers().expect("a header").clone();
            let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
            prop_assert_eq!(rows.len() + rendered.held.len(), 1);
            for row in &rows {
                let cell = |name: &str| &row[header.iter().position(|cell| cell == name).expect("a column")];
                prop_assert!(row.iter().all(|cell| !runs(cell)));
                prop_assert_eq!(cell("Status"), "Paused");
                prop_assert!(cell("Labels").contains("trainedAlgorithmicMedia"));
                prop_assert_eq!(cell("Ad Group"), &group);
                for (n, headline) in headlines.iter().take(HEADLINES).enumerate() {
                    prop_assert_eq!(cell(&format!("Headline {}", n + 1)), headline);
                }
            }
        }
    }
}
