//! Ports of the graphs that exporters write, and of graphs that cannot be driven.

use std::collections::BTreeMap;

use super::*;
use crate::engine::Dialect;
use crate::engine::folder::{Declared, DeclaredKind, ModelConfiguration, StateSizes};

fn port(text: &str) -> Port {
    let (name, rest) = text.split_once(' ').expect("a name");
    let (element, shape) = rest.split_once(" [").expect("a shape");
    let axes = shape.trim_end_matches(']').split(", ");
    Port {
        name: name.to_owned(),
        element: element.to_owned(),
        shape: axes
            .filter(|axis| !axis.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn facts(inputs: &[&str], outputs: &[&str]) -> GraphFacts {
    GraphFacts {
        ir_version: 10,
        producer: "a test".to_owned(),
        opsets: BTreeMap::new(),
        dialect: Dialect::Unknown,
        precision: "float32".to_owned(),
        parameters: 0,
        external_bytes: 0,
        external_files: Vec::new(),
        operators: BTreeMap::new(),
        attention_window: None,
        inputs: inputs.iter().map(|text| port(text)).collect(),
        outputs: outputs.iter().map(|text| port(text)).collect(),
    }
}

const SIZES: StateSizes = StateSizes {
    layers: Some(2),
    kv_heads: Some(4),
    head_dim: Some(8),
    hidden: Some(32),
    latent: None,
};

/// A configuration that states these sizes and nothing else.
fn sized(sizes: StateSizes) -> ModelConfiguration {
    ModelConfiguration {
        sizes,
        ..ModelConfiguration::default()
    }
}

fn found(inputs: &[&str], outputs: &[&str]) -> Ports {
    Ports::of(&facts(inputs, outputs), &sized(SIZES)).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(inputs: &[&str], outputs: &[&str]) -> String {
    Ports::of(&facts(inputs, outputs), &sized(SIZES)).expect_err("refused")
}

const IDS: &str = "input_ids int64 [batch, sequence]";
const LOGITS: &str = "logits float32 [batch, sequence, 100]";

#[test]
fn states_are_paired_whatever_exporters_call_them() {
    for (input, output) in [
        ("past_key_values.0.key", "present.0.key"),
        ("past_0_key", "new_0_key"),
        ("past_key_in.0", "present_key_out.0"),
        ("cache_k_0", "new_cache_k_0"),
        ("past", "present"),
    ] {
        let axes = "float32 [batch, 4, past_sequence, 8]";
        let ports = found(
            &[IDS, &format!("{input} {axes}")],
            &[LOGITS, &format!("{output} {axes}")],
        );
        let state = &ports.states[0];
        assert_eq!(
            (state.input.as_str(), state.output.as_deref()),
            (input, Some(output))
        );
        let axes = [Axis::Rows(1), Axis::Fixed(4), Axis::Past, Axis::Fixed(8)];
        assert_eq!(state.axes, axes);
    }
}

#[test]
fn states_of_other_names_are_paired_by_shape_and_recurrent_ones_do_not_grow() {
    let ports = found(
        &[
            IDS,
            "h0 float32 [2, batch, 32]",
            "c0 float32 [2, batch, 32]",
        ],
        &[
            LOGITS,
            "hn float32 [2, batch, 32]",
            "cn float32 [2, batch, 32]",
        ],
    );
    let pairs: Vec<_> = ports
        .states
        .iter()
        .map(|state| (state.input.as_str(), state.output.as_deref()))
        .collect();
    assert_eq!(pairs, [("h0", Some("hn")), ("c0", Some("cn"))]);
    assert!(
        ports
            .states
            .iter()
            .all(|state| !state.grows() && state.has_rows())
    );
    assert_eq!(ports.states[0].dims(3, 7, 0), [2, 3, 32]);
}

#[test]
fn open_sizes_come_from_the_configuration_and_the_outputs() {
    let ports = found(
        &[
            IDS,
            "past_key_values.0.key float16 [batch_size, num_heads, past_sequence_length, kv_cache_dim]",
        ],
        &[
            LOGITS,
            "present.0.key float16 [batch_size, 2, total_sequence_length, kv_cache_dim]",
        ],
    );
    assert_eq!(ports.states[0].dims(3, 7, 0), [3, 2, 7, 8]);
    assert_eq!(ports.states[0].bytes(), 2 * 8 * 2);
    let folded = found(
        &[
            IDS,
            "past_key_values.0.key float32 [batch_size * num_heads, 8, past]",
        ],
        &[
            LOGITS,
            "present.0.key float32 [batch_size * num_heads, 8, total]",
        ],
    );
    assert_eq!(folded.states[0].dims(3, 7, 0), [12, 8, 7]);
}

#[test]
fn whole_numbers_go_by_what_their_names_hold() {
    let ports = found(
        &[
            IDS,
            "attention_mask int64 [batch, total]",
            "position_ids int64 [batch, sequence]",
            "use_cache_branch bool [1]",
            "num_logits_to_keep int64 []",
            "encoder_attention_mask int64 [batch, source]",
            "encoder_hidden_states float32 [batch, encoder_sequence_length, 32]",
            "past_key_values.0.encoder.key float32 [batch, 4, encoder_sequence_length, 8]",
        ],
        &[LOGITS],
    );
    let name = |port: &Option<NumberPort>| port.as_ref().map(|port| port.name.clone());
    assert_eq!(name(&ports.mask).as_deref(), Some("attention_mask"));
    assert_eq!(name(&ports.positions).as_deref(), Some("position_ids"));
    assert_eq!(
        name(&ports.use_cache_branch).as_deref(),
        Some("use_cache_branch")
    );
    assert_eq!(
        name(&ports.logits_to_keep).as_deref(),
        Some("num_logits_to_keep")
    );
    assert_eq!(
        name(&ports.encoder_mask).as_deref(),
        Some("encoder_attention_mask")
    );
    assert_eq!(
        ports.encoder_states.map(|state| state.input).as_deref(),
        Some("encoder_hidden_states")
    );
    // What an encoder said is carried along and never given back.
    assert_eq!(ports.states[0].output, None);
    assert_eq!(ports.states[0].dims(1, 7, 5), [1, 4, 5, 8]);
}

#[test]
fn what_cannot_be_driven_is_told_by_its_port() {
    let cache = "float32 [batch, 4, past, past_of_another]";
    let told = [
        refused(&["tokens_embeds float32 [batch, sequence, 32]"], &[LOGITS]),
        refused(&["attention_mask int64 [batch, total]"], &[LOGITS]),
        refused(&[IDS, "styles float32 [batch, 4, 4]"], &[LOGITS]),
        refused(&[IDS, "past.0 float8 [batch, 4, past, 8]"], &[LOGITS]),
        refused(
            &[IDS, &format!("past_key_values.0.key {cache}")],
            &[LOGITS, &format!("present.0.key {cache}")],
        ),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    it takes embeddings (`tokens_embeds`) in place of tokens: it is a part of a larger model
    it has no input for token ids, such as `input_ids`
    it wants an input that nothing is known to go into: `styles`, float32 [batch, 4, 4]
    it wants an input that nothing is known to go into: `past.0`, float8 [batch, 4, past, 8]
    `past_key_values.0.key` grows along two axes: [batch, 4, past, past_of_another]
    ");
    let open = facts(
        &[IDS, "past.0 float32 [batch, 4, past, kv_cache_dim]"],
        &[LOGITS, "present.0 float32 [batch, 4, total, kv_cache_dim]"],
    );
    assert_eq!(
        Ports::of(&open, &sized(StateSizes::default())).expect_err("refused"),
        "`past.0` does not say its size on axis 3 (`kv_cache_dim`), and no configuration file does"
    );
}

#[test]
fn a_latent_vector_steers_every_step() {
    let graph = facts(
        &[
            "input_ids int64 [batch, sequence]",
            "latent float32 [batch, 32]",
            "past_h float32 [1, batch, 64]",
        ],
        &[
            "logits float32 [batch, sequence, 100]",
            "present_h float32 [1, batch, 64]",
        ],
    );
    let ports = Ports::of(&graph, &sized(SIZES)).expect("known roles");
    let latent = ports.latent.expect("a latent vector");
    assert_eq!(latent.axes, [Axis::Rows(1), Axis::Fixed(32)]);
    assert_eq!(latent.output, None);
    assert_eq!(ports.states.len(), 1);
}

#[test]
fn a_latent_vector_of_unknown_size_takes_it_from_the_configuration() {
    let graph = facts(
        &["input_ids int64 [batch, sequence]", "z float32 [batch, n]"],
        &["logits float32 [batch, sequence, 100]"],
    );
    let vae = |latent| ModelConfiguration {
        declared: Some(Declared {
            kind: DeclaredKind::Vae,
            latent,
        }),
        ..sized(StateSizes { latent, ..SIZES })
    };
    let ports = Ports::of(&graph, &vae(Some(16))).expect("a size");
    assert_eq!(
        ports.latent.expect("a latent vector").axes[1],
        Axis::Fixed(16)
    );
    assert_eq!(
        Ports::of(&graph, &sized(SIZES)).expect_err("no size"),
        "`z` does not say how many values it takes, and config.json has no `nightdesk.latent`"
    );
    let graph = facts(
        &[
            "input_ids int64 [batch, sequence]",
            "noise float32 [batch, 8]",
        ],
        &["logits float32 [batch, sequence, 100]"],
    );
    assert_eq!(
        Ports::of(&graph, &vae(Some(16))).expect_err("two sizes"),
        "`noise` takes 8 values, and `nightdesk.latent` in config.json says 16"
    );
}

#[test]
fn the_axis_of_texts_is_the_one_that_the_tokens_have_first() {
    let graph = facts(
        &["ids int64 [N, T]", "h0 float32 [N, 2, 8]"],
        &["logits float32 [N, T, 9]", "hn float32 [N, 2, 8]"],
    );
    let ports = Ports::of(&graph, &ModelConfiguration::default()).expect("known roles");
    let fixed = [Axis::Rows(1), Axis::Fixed(2), Axis::Fixed(8)];
    assert_eq!(ports.states[0].axes, fixed);
}

#[test]
fn scores_by_another_name_are_as_long_as_the_vocabulary() {
    let outputs = ["output float32 [N, T, 9]", "attention float32 [N, T, 3]"];
    let graph = facts(&["ids int64 [N, T]"], &outputs);
    let configuration = ModelConfiguration {
        vocab_size: Some(9),
        ..ModelConfiguration::default()
    };
    let ports = Ports::of(&graph, &configuration).expect("known roles");
    assert_eq!(ports.logits.as_deref(), Some("output"));
    assert_eq!(ports.vocab_size, Some(9));
}

#[test]
fn a_graph_of_single_steps_is_told_what_to_take_instead() {
    let graph = facts(
        &["ids int64 [N]", "h0 float32 [batch, 8]"],
        &["logits float32 [N, 9]", "hn float32 [batch, 8]"],
    );
    assert_eq!(
        Ports::of(&graph, &ModelConfiguration::default()).expect_err("refused"),
        "it takes one token a text in each step, and `h0` a row for each: export it with tokens [batch, sequence]"
    );
}

#[test]
fn axes_without_a_name_of_their_own_are_told_by_their_place() {
    for name in ["?", "d"] {
        let shaped = |port: &str| port.replace('?', name);
        let inputs = ["ids int64 [?, ?]", "past.0.key float32 [?, 4, ?, 8]"].map(shaped);
        let outputs = [
            "logits float32 [?, ?, 9]",
            "present.0.key float32 [?, 4, ?, 8]",
        ]
        .map(shaped);
        let graph = facts(
            &inputs.each_ref().map(String::as_str),
            &outputs.each_ref().map(String::as_str),
        );
        let ports = Ports::of(&graph, &ModelConfiguration::default()).expect("known roles");
        let axes = [Axis::Rows(1), Axis::Fixed(4), Axis::Past, Axis::Fixed(8)];
        assert_eq!(ports.states[0].axes, axes, "{name}");
    }
}

#[test]
fn a_state_with_the_name_of_a_latent_vector_is_one_where_none_is_declared() {
    let graph = facts(
        &["ids int64 [N, T]", "z float32 [N, 64]"],
        &["logits float32 [N, T, 9]", "hn float32 [N, 64]"],
    );
    let ports = Ports::of(&graph, &ModelConfiguration::default()).expect("known roles");
    assert_eq!(ports.states[0].output.as_deref(), Some("hn"));
    assert_eq!(ports.latent, None);
}
