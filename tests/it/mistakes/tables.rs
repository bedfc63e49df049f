//! Files of CSV as people have them, imported by the command: what goes in, what does not, and what a
//! full or broken disk costs.

use serde_json::json;
use sqlx::PgPool;

use crate::commands::Folder;

const MAPPING: &str = "[columns]\nSKU = \"external_ref\"\nName = \"topic\"\nPrice = \"facts.0.value\"\n\
    [constants]\nkind = \"ad\"\nlanguage = \"en\"\n\"facts.0.label\" = \"Price\"\n";

fn folder(pool: &PgPool) -> Folder {
    let folder = Folder::new(pool);
    folder.write("products.toml", MAPPING);
    folder.write(
        "products.csv",
        "SKU;Name;Price\nk-1;Kettle;\"19,90 €\"\nk-2;Cup\nk-3;Pot;7 €\n",
    );
    folder
}

const IMPORT: [&str; 5] = [
    "briefs",
    "import",
    "products.csv",
    "--mapping",
    "products.toml",
];

#[sqlx::test(migrations = "./migrations")]
async fn a_table_is_imported_by_its_own_columns_and_again_changes_nothing(pool: PgPool) {
    let folder = folder(&pool);
    insta::assert_snapshot!(folder.run(&IMPORT), @"
    exit 1
    -- stdout --
    2 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    products.csv:3: the row has 2 fields, the header row has 3

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    ");
    let brief = folder.json(&["briefs", "show", "k-1"])["brief"].clone();
    assert_eq!(brief["facts"][0]["label"], json!("Price"));
    assert_eq!(brief["facts"][0]["value"], json!("19,90 €"));
    folder.write(
        "products.csv",
        "SKU;Name;Price\nk-1;Kettle;\"19,90 €\"\nk-3;Pot;8 €\n",
    );
    let again = folder.json(&IMPORT);
    assert_eq!(
        (&again["new"], &again["revised"], &again["unchanged"]),
        (&json!(0), &json!(1), &json!(1))
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn strict_and_dry_runs_write_nothing_where_anything_is_refused(pool: PgPool) {
    let folder = folder(&pool);
    let briefs = || folder.json(&["briefs", "list"]).as_array().unwrap().len();
    insta::assert_snapshot!(folder.run(&[&IMPORT[..], &["--strict"]].concat()), @"
    exit 1
    -- stdout --
    2 valid, 1 rejected, nothing imported
    -- stderr --
    products.csv:3: the row has 2 fields, the header row has 3

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    ");
    let checked = folder.run(&[&IMPORT[..], &["--dry-run", "--json"]].concat());
    assert!(checked.stdout.contains("\"valid\": 2"), "{checked}");
    assert_eq!((checked.status, briefs()), (1, 0));
    folder
        .run(&["briefs", "import", "b.jsonl", "--mapping", "products.toml"])
        .refuses(&["`--mapping`: a mapping is for CSV, and no file is read as CSV"]);
    let said = folder.fed("{}", &["briefs", "import", "-", "--strict"]);
    said.refuses(&[
        "standard input cannot be read twice",
        "write it to a file first",
    ]);
    folder.edit("products.csv", "k-2;Cup\n", "k-2;Cup;3 €\n");
    let strict = folder.run(&[&IMPORT[..], &["--strict"]].concat());
    assert_eq!((strict.status, briefs()), (0, 3), "{strict}");
}

#[sqlx::test(migrations = "./migrations")]
async fn rejects_that_cannot_be_kept_are_told_and_the_good_rows_are_in(pool: PgPool) {
    let folder = folder(&pool);
    // A file where the folder should be: root may write everywhere else.
    folder.write(".nightdesk/rejects", "");
    let said = folder.run(&IMPORT);
    assert_eq!(said.status, 1, "{said}");
    assert!(
        said.stdout
            .contains("2 new, 0 revised, 0 unchanged, 1 rejected"),
        "{said}"
    );
    for part in [
        "the row has 2 fields",
        "the rejects could not be written: ",
        "import the file again",
    ] {
        assert!(said.stderr.contains(part), "`{part}` is not said: {said}");
    }
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        2
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_cleaned_is_counted_and_told_and_the_same_file_again_changes_nothing(
    pool: PgPool,
) {
    let folder = folder(&pool);
    folder.write(
        "products.csv",
        "SKU;Name;Price\nk-1;<b>CafÃ© kettle</b>;\"19,90&nbsp;€\"\nk-2;Cup;3 €\n",
    );
    insta::assert_snapshot!(folder.run(&IMPORT), @"
    exit 0
    -- stdout --
    2 new, 0 revised, 0 unchanged, 0 rejected
    -- stderr --
    texts of 1 were cleaned; `nightdesk briefs show ID` says what was changed
    ");
    let shown = folder.run(&["briefs", "show", "k-1"]);
    insta::assert_snapshot!(shown.stdout, @r"
    Café kettle  (k-1 r1)
    ad in en, priority 0

      f1  Price: 19,90 €

    cleaned on import:
      topic (mojibake, tags): “<b>CafÃ© kettle</b>” → “Café kettle”
      facts[0].value (entities): “19,90&nbsp;€” → “19,90\u{a0}€”
    ");
    let told = folder.json(&["briefs", "show", "k-1"])["cleaned"].clone();
    assert_eq!(
        told[0],
        json!({"key": "topic", "changes": ["mojibake", "tags"], "before": "<b>CafÃ© kettle</b>", "after": "Café kettle"})
    );
    assert_eq!(
        folder.json(&["briefs", "show", "k-2"])["cleaned"],
        json!(null)
    );
    let again = folder.json(&IMPORT);
    assert_eq!(
        (&again["unchanged"], &again["cleaned"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_mapping_that_cannot_be_read_is_named() {
    let folder = Folder::without_database();
    folder.write("a.csv", "topic\nx\n");
    let said = folder.run(&["briefs", "import", "a.csv", "--mapping", "nowhere.toml"]);
    said.refuses(&["nowhere.toml: cannot be read", "a mapping is a TOML file"]);
}
