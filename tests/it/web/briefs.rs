//! Briefs: found, read, and brought in by a file.

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{Browser, Site};
use crate::commands::fixture;
use crate::support::{brief, campaign};

const IMPORT: &str = "/briefs/import";

/// The keys on a page, in their order, and the address of the next page.
fn listed(page: &super::Answer) -> (Vec<String>, Option<String>) {
    assert_eq!(page.status, 200, "{}", page.body);
    let keys = regex::Regex::new("</th><td data-label=\"Key\"><bdi>([^<]*)</bdi></td>").unwrap();
    let keys = keys
        .captures_iter(&page.body)
        .map(|found| found[1].to_owned());
    let next = regex::Regex::new(r#"href="([^"]*)" rel="next""#).unwrap();
    let next = next
        .captures(&page.body)
        .map(|found| found[1].replace("&amp;", "&"));
    (keys.collect(), next)
}

#[sqlx::test(migrations = "./migrations")]
async fn every_brief_is_on_exactly_one_page(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    kim.get("/briefs")
        .await
        .says(200, &["There are no briefs here."]);
    let briefs: Vec<Brief> = (0..120)
        .map(|n| Brief {
            topic: if n % 2 == 0 {
                format!("Årets 100 % häst {n}")
            } else {
                format!("harbour {n}")
            },
            ..brief(&format!("key-{n:03}"))
        })
        .collect();
    site.desk.import(&briefs).await;
    let (mut seen, mut next) = (Vec::new(), Some("/briefs".to_owned()));
    while let Some(path) = next {
        let page = kim.get(&path).await;
        let (keys, after) = listed(&page);
        seen.extend(keys);
        next = after;
    }
    let mut expected: Vec<String> = briefs
        .iter()
        .map(|brief| brief.external_ref.clone())
        .collect();
    expected.reverse();
    assert_eq!(seen, expected, "the newest first");

    // Capitals make no difference, and no character of a search is a pattern.
    let (found, next) = listed(&kim.get("/briefs?q=%C3%85RETS+100+%25").await);
    assert_eq!(found.len(), 50);
    let next = next.expect("a next page");
    assert!(
        next.starts_with("/briefs?q=%C3%85RETS+100+%25&after="),
        "{next}"
    );
    assert_eq!(listed(&kim.get(&next).await).0.len(), 10);
    assert_eq!(listed(&kim.get("/briefs?q=KEY-007").await).0, ["key-007"]);
    let none = kim.get("/briefs?q=%3Ci%3E_%25").await;
    none.says(200, &["No brief has “<bdi>&lt;i&gt;_%</bdi>”"]);
    kim.get("/briefs?q=+&after=").await.says(200, &["key-119"]);
    let lost = kim.get("/briefs?after=1").await;
    lost.says(
        422,
        &[
            "the place in the list is none that a page of it named",
            "<nav",
        ],
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_shows_what_it_says_said_and_came_to(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let first = serde_json::json!({
        "external_ref": "a/b", "kind": "news", "topic": "<script>topic", "language": "en",
        "facts": [{ "id": "f1", "label": "Population", "value": "1.3 million <i>" }],
        "must_include": [{ "fact": "f1" }, { "text": "the harbour" }],
        "sources": [{ "id": "s1", "url": "javascript:alert(1)", "text": "Background." }],
    });
    let first: Brief = serde_json::from_value(first).unwrap();
    site.desk.import(std::slice::from_ref(&first)).await;
    let run = site.desk.open_run(&campaign("nightly")).await.id;
    site.desk.draft_all(run).await;
    let second = Brief {
        topic: "corrected".to_owned(),
        ..first
    };
    site.desk.pass(Duration::from_secs(60));
    site.desk.import(&[second]).await;

    let id = site.desk.store.brief("a/b").await.unwrap().id;
    let page = kim.get(&format!("/briefs/{id}")).await;
    page.says(
        200,
        &[
            "<h1 dir=\"auto\" lang=\"en\">corrected</h1>",
            "revision 2",
            "1.3 million &lt;i&gt;",
            "<li dir=\"auto\" lang=\"en\">Population</li>",
            "the harbour",
            "nightly",
            "for review",
        ],
    );
    page.hides("href=\"javascript:");
    page.hides("said before it was corrected");
    let drafts = regex::Regex::new(r#"href="(/items/[0-9a-f-]{36})""#).unwrap();
    let drafts: Vec<String> = drafts
        .captures_iter(&page.body)
        .map(|found| found[1].to_owned())
        .collect();
    assert_eq!(drafts.len(), 2);
    kim.get(&drafts[0]).await.says(200, &["1.3 million"]);
    let before = kim.get(&format!("/briefs/{id}?revision=1")).await;
    before.says(
        200,
        &[
            "<h1 dir=\"auto\" lang=\"en\">&lt;script&gt;topic</h1>",
            "revision 1",
            "said before it was corrected",
        ],
    );
    before.hides("<script>topic");

    for path in [
        format!("/briefs/{id}?revision=3"),
        format!("/briefs/{id}?revision=x"),
    ] {
        kim.get(&path).await.says(404, &["no brief", "<nav"]);
    }
    for path in [
        "/briefs/nope",
        "/briefs/01a20926-babe-76aa-bba2-c0877e13ecb4",
    ] {
        kim.get(path).await.says(404, &["no brief `", "<nav"]);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_file_is_imported_and_what_was_not_is_told(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    sam.get("/briefs").await.says(200, &["Import briefs"]);
    let good = &fixture("factbook")[..3];
    let lines = [
        &good[0],
        "{\"kind\": \"<b>\"}",
        &good[1],
        &good[0],
        "nonsense",
        &good[2],
    ]
    .join("\n");
    let page = sam
        .upload(IMPORT, "to <night>.jsonl", lines.as_bytes())
        .await;
    page.says(
        200,
        &[
            "3 new, 0 revised, 0 unchanged, 3 rejected",
            "Imported: <bdi>to &lt;night&gt;.jsonl</bdi>",
            "The others are in",
            "is already on line 1",
        ],
    );
    page.hides("<night>");
    page.hides("<b>");
    let rejected =
        regex::Regex::new(r#"<th scope="row" data-label="Line or entry">(\w+)</th>"#).unwrap();
    let rejected: Vec<String> = rejected
        .captures_iter(&page.body)
        .map(|found| found[1].to_owned())
        .collect();
    assert_eq!(rejected, ["2", "4", "5"]);
    // The same again, as a reload sends it.
    let again = sam
        .upload(IMPORT, "to <night>.jsonl", lines.as_bytes())
        .await;
    again.says(200, &["0 new, 0 revised, 3 unchanged, 3 rejected"]);
    assert_eq!(
        site.recorded().await[2..],
        [
            "Sam briefs.imported to <night>.jsonl",
            "Sam briefs.imported to <night>.jsonl"
        ]
    );
    assert_eq!(site.desk.store.count_briefs().await.unwrap(), 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn csv_and_json_documents_are_taken_too(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    let csv = "external_ref,kind,topic,language,facts.0.label,facts.0.value\n\
               p-1,ad,A kettle,en,Volume,1.7 l\np-2,ad,A <b>pot</b>,en,Volume,\np-3,sausage,A pan,en,Width,2 cm\n";
    let page = sam.upload(IMPORT, "products.CSV", csv.as_bytes()).await;
    page.says(200, &["1 new, 0 revised, 0 unchanged, 2 rejected"]);
    let briefs = fixture("factbook")[..4].join(",\n");
    let array = sam
        .upload(IMPORT, "briefs.json", format!("[\n{briefs}\n]").as_bytes())
        .await;
    array.says(200, &["4 new, 0 revised, 0 unchanged, 0 rejected"]);
    let one: serde_json::Value = serde_json::from_str(&fixture("factbook")[4]).unwrap();
    let pretty = sam
        .upload(IMPORT, "one.json", format!("{one:#}").as_bytes())
        .await;
    pretty.says(200, &["1 new, 0 revised, 0 unchanged, 0 rejected"]);
    let binary = sam.upload(IMPORT, "sheet.csv", b"PK\x03\x04\x00\x00").await;
    binary.says(
        200,
        &["0 new", "1 rejected", "is a zip archive", "unpack it first"],
    );
    let empty = sam.upload(IMPORT, "empty.jsonl", b"").await;
    empty.says(200, &["0 new"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn thousands_of_bad_lines_are_counted_and_the_first_are_shown(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    let lines = format!("{}{}\n", "{}\n".repeat(20_000), fixture("factbook")[0]);
    let page = sam.upload(IMPORT, "bad.jsonl", lines.as_bytes()).await;
    page.says(
        200,
        &["1 new", "20000 rejected", "The first 500 are shown; 19500"],
    );
    assert!(page.body.len() < 1 << 20);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_upload_proves_where_it_comes_from_and_is_not_too_large(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    let line = fixture("factbook")[0].clone();
    let foreign = ["this form does not come from a page of your session"];
    sam.upload_bare(IMPORT, "", "a.jsonl", line.as_bytes())
        .await
        .says(403, &foreign);
    sam.upload_bare(IMPORT, "guess", "a.jsonl", line.as_bytes())
        .await
        .says(403, &foreign);
    let mut elsewhere = sam.clone();
    elsewhere.header("sec-fetch-site", "cross-site");
    elsewhere
        .upload(IMPORT, "a.jsonl", line.as_bytes())
        .await
        .says(403, &foreign);
    sam.upload(IMPORT, "", b"")
        .await
        .says(422, &["no file was chosen"]);
    sam.post(IMPORT, &[])
        .await
        .says(422, &["what was sent is not a form with a file"]);
    for size in [10 * 1024 * 1024 + 1, 12 * 1024 * 1024] {
        let mut large = vec![b' '; size];
        large[..line.len()].copy_from_slice(line.as_bytes());
        let refused = sam.upload(IMPORT, "a.jsonl", &large).await;
        refused.says(
            413,
            &["the file is larger than 10 MiB, so nothing of it was imported"],
        );
    }
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    ann.get("/briefs").await.hides("Import briefs");
    let told = ["this takes the role `supervisor`, and yours is `editor`"];
    ann.upload(IMPORT, "a.jsonl", line.as_bytes())
        .await
        .says(403, &told);
    let mut nobody: Browser = site.browser();
    nobody
        .upload(IMPORT, "a.jsonl", line.as_bytes())
        .await
        .says(401, &["you are not signed in any more"]);
    assert_eq!(site.desk.store.count_briefs().await.unwrap(), 0);
    let mut most = vec![b'\n'; 10 * 1024 * 1024];
    most[..line.len()].copy_from_slice(line.as_bytes());
    // Another one at the end: a single document is counted as one entry, blanks and all.
    let other = line.replace("factbook-en-economy", "another-key");
    let end = most.len() - other.len();
    most[end..].copy_from_slice(other.as_bytes());
    sam.upload(IMPORT, "a.jsonl", &most)
        .await
        .says(200, &["2 new"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_file_of_which_nothing_is_taken_is_told_so_in_words_that_a_page_can_keep(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sue = site.signed_in("Sue", Role::Supervisor).await;
    let page = sue
        .upload(IMPORT, "shop.csv", b"external_ref,Produkt\na,Bread\n")
        .await;
    page.says(
        200,
        &[
            "Nothing was imported: <bdi>shop.csv</bdi>",
            "No brief of the file is in. Correct it and import it again.",
            "rename it in the file, or leave it out of it",
        ],
    );
    for wrong in ["--mapping", "others are in", "Imported: "] {
        page.hides(wrong);
    }
    let one = format!("{}\nnonsense\n", fixture("factbook")[0]);
    let page = sue.upload(IMPORT, "one.jsonl", one.as_bytes()).await;
    page.says(200, &["The other one is in."]);
}
