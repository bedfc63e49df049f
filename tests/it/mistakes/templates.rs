//! `templates` with mistakes: each is told once, with what to do.

use crate::commands::{Folder, own_template};

#[test]
fn unknown_names_and_files_are_told() {
    let folder = own_template();
    folder.write("broken.jsonl", "{\"external_ref\":\"a\"\n");
    let said = [
        folder.run(&["templates", "show", "news/on"]),
        folder.run(&["templates", "show", "news/one", "--brief", "broken.jsonl"]),
        folder.run(&["templates", "check", "news/on"]),
        folder.run(&["templates", "check", "--briefs", "nowhere.jsonl"]),
        folder.run(&["templates", "check", "--briefs", "broken.jsonl"]),
        folder.run(&["templates", "check", "--model", "nowhere"]),
        folder.run(&["templates", "sample", "news/on"]),
    ];
    let said = said.map(|said| said.to_string()).join("\n");
    insta::assert_snapshot!(said, @"
    exit 1
    -- stderr --
    error: no template is named `news/on`

    hint: did you mean `news/one`?
    exit 1
    -- stderr --
    error: broken.jsonl:2: is not JSON at column 0: the text ends while parsing an object

    hint: look for a missing comma, quote or bracket just before that column
    exit 1
    -- stderr --
    error: no template is named `news/on`

    hint: did you mean `news/one`?
    exit 1
    -- stderr --
    error: nowhere.jsonl: cannot be read: No such file or directory (os error 2)

    hint: name a readable file of briefs in UTF-8
    exit 1
    -- stderr --
    error: broken.jsonl:1: is not JSON at column 19: the text ends while parsing an object

    hint: look for a missing comma, quote or bracket just before that column
    exit 1
    -- stderr --
    error: no model folder at `REPOSITORY/models/nowhere`

    hint: `make setup` makes the default model; `nightdesk models list` shows what is there
    exit 1
    -- stderr --
    error: no template is named `news/on`

    hint: did you mean `news/one`?
    ");
}

#[test]
fn a_brief_of_another_kind_is_told() {
    let folder: Folder = own_template();
    folder.write("ad.json", &crate::commands::fixture("products")[0]);
    folder
        .run(&["templates", "show", "news/one", "--brief", "ad.json"])
        .refuses(&["drafts `news`, the brief `product-vlc` is of kind `ad`"]);
}

#[test]
fn a_sample_that_cannot_be_written_names_its_file() {
    let folder = own_template();
    std::fs::create_dir(folder.path("t/samples/news/one.md")).unwrap();
    let said = folder.run(&["templates", "sample"]);
    said.refuses(&[
        "t/samples/news/one.md: cannot be written: ",
        "the room on the disk",
    ]);
}
