//! What a header row means: separators, constants beside columns, ids, and where a broken byte stands.

use super::{HEADER, read};

#[test]
fn a_constant_entry_is_added_to_a_list_that_a_column_fills_whole() {
    let mapping = "[constants]\nkind = \"ad\"\nlanguage = \"en\"\n\"tags.0\" = \"spring\"\n\"must_include.0.any_of.0\" = \"tea\"\n";
    let csv = "external_ref,topic,facts.0.label,facts.0.value,tags,must_include.0.any_of\n\
        a,t,L,v,kitchen; kettles,pot\nb,t,L,v,,\nc,t,L,v,spring; new,\n";
    let (briefs, refused) = read(csv.as_bytes(), mapping);
    assert_eq!(refused, "");
    let tags: Vec<String> = briefs.iter().map(|brief| brief.tags.join(" ")).collect();
    assert_eq!(tags, ["kitchen kettles spring", "spring", "spring new"]);
    assert_eq!(briefs[0].must_include[0].any_of, ["pot", "tea"]);
    // Two constants that fill the same are both in.
    let both =
        "[constants]\nkind = \"ad\"\nlanguage = \"en\"\ntags = \"a; b\"\n\"tags.0\" = \"c\"\n";
    let (briefs, refused) = read(
        b"external_ref,topic,facts.0.label,facts.0.value\na,t,L,v\n",
        both,
    );
    assert_eq!(refused, "");
    assert_eq!(briefs[0].tags, ["a", "b", "c"]);
    // A column of the entry's own comes first, as everywhere.
    let own = "[constants]\nkind = \"ad\"\nlanguage = \"en\"\n\"tags.0\" = \"c\"\n";
    let csv =
        b"external_ref,topic,facts.0.label,facts.0.value,tags.0,tags.1\na,t,L,v,x,y\nb,t,L,v,,y\n";
    let (briefs, refused) = read(csv, own);
    assert_eq!(refused, "");
    assert_eq!(
        (briefs[0].tags.join(" "), briefs[1].tags.join(" ")),
        ("x y".to_owned(), "c y".to_owned())
    );
}

#[test]
fn the_separator_is_the_one_with_which_the_header_row_makes_sense() {
    let mapping = "[columns]\n\"SKU\" = \"external_ref\"\n\"Name, long\" = \"topic\"\n\"Price, EUR\" = \"facts.0.value\"\n\
        [constants]\nkind = \"ad\"\nlanguage = \"en\"\n\"facts.0.label\" = \"Price\"\n";
    for separator in [';', '\t', '|'] {
        let csv =
            "SKU;Name, long;Price, EUR\nk;Kettle, red;7,50\n".replace(';', &separator.to_string());
        let (briefs, refused) = read(csv.as_bytes(), mapping);
        assert_eq!(refused, "", "{separator:?}");
        assert_eq!(
            (briefs[0].topic.as_str(), briefs[0].facts[0].value.as_str()),
            ("Kettle, red", "7,50")
        );
    }
    // Names of a brief decide without a mapping, however often another sign occurs.
    let csv = "external_ref;kind;topic;language;meta.a,b,c,d,e\nk;social;t;en;1\n";
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!((briefs.len(), refused.as_str()), (1, ""));
    // Where neither can tell, the message says how it was read.
    insta::assert_snapshot!(refused_with("a;b,c;d,e\n1;2;3\n", ""), @"
    b.csv:1: column `a;b`: a brief has no key `a;b`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it
    b.csv:1: column `c;d`: a brief has no key `c;d`
    b.csv:1: column `e`: a brief has no key `e`
    ");
    insta::assert_snapshot!(refused_with("a\tb\tc;d\n1;2;3\n", "[columns]\nSKU = \"external_ref\"\n"), @"
    b.csv:1: the mapping names a column `SKU`, which the header row has not

    hint: known: `a`, `b`, `c;d`; the header row was read with tabs between columns; if it is `;`, put a first line `sep=;` above it
    b.csv:1: column `a`: a brief has no key `a`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it; the header row was read with tabs between columns; if it is `;`, put a first line `sep=;` above it
    b.csv:1: column `b`: a brief has no key `b`
    b.csv:1: column `c;d`: a brief has no key `c;d`
    ");
    // What the mapping says, and what a first line says, is not doubted.
    let said = refused_with("sep=;\na;b,c\n", "") + &refused_with("a;b,c\n", "separator = \",\"\n");
    assert!(!said.contains("sep="), "{said}");
}

fn refused_with(csv: &str, mapping: &str) -> String {
    read(csv.as_bytes(), mapping).1
}

#[test]
fn a_byte_that_is_no_text_is_found_by_its_row_column_and_character() {
    let csv = [
        HEADER.as_bytes(),
        "\n\"two\nlines\",ad,été caf".as_bytes(),
        b"\xE9 x,en,a,b,,,,,,,,\n",
    ]
    .concat();
    insta::assert_snapshot!(read(&csv, "").1, @"
    b.csv:2: is not UTF-8: byte 0xE9 at character 8 of column 3, `topic`

    hint: the file is most likely Latin-1: save it as UTF-8
    ");
    insta::assert_snapshot!(read(b"external_ref,kind,caf\xE9\n", "").1, @"
    b.csv:1: is not UTF-8: byte 0xE9 at character 4 of column 3

    hint: the file is most likely Latin-1: save it as UTF-8
    ");
}

#[test]
fn an_id_that_is_made_never_is_one_that_was_given() {
    let csv = "external_ref,kind,topic,language,facts.0.id,facts.0.label,facts.0.value,facts.1.label,facts.1.value\n\
        a,ad,t,en,f2,L,1,M,2\n";
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(refused, "");
    let ids: Vec<&str> = briefs[0]
        .facts
        .iter()
        .map(|fact| fact.id.as_str())
        .collect();
    assert_eq!(ids, ["f2", "f1"]);
}
