//! Tiny models that take a latent vector or noise, written byte by byte: the vector itself says which token comes.

use std::path::Path;

use super::tiny::{Parts, Wire, floats, fused_attention, integers, node, port, write_words};

/// Numbers in the latent vector, and in the noise.
pub(crate) const LATENT: usize = 4;

/// How a decoder keeps what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    Nothing,
    Appended,
    InPlace,
}

/// Number `i` of a vector counts for token `i`: ten of it, and that token is the likeliest.
fn weights() -> Wire {
    let value = |at: usize| f32::from(u8::from(at / 8 == at % 8));
    let values: Vec<f32> = (0..LATENT * 8).map(value).collect();
    floats("weights", &[LATENT as i64, 8], &values)
}

/// A decoder with a latent vector; `table` is added for the token before.
pub(crate) fn decoder(keeps: Keeps, table: &[[f32; 8]; 8]) -> Parts {
    let flat: Vec<f32> = table.iter().flatten().copied().collect();
    let mut parts = Parts {
        nodes: vec![
            node("Gather", "", &["table", "input_ids"], &["by_token"], &[]),
            node("MatMul", "", &["latent", "weights"], &["by_latent"], &[]),
            node("Unsqueeze", "", &["by_latent", "one"], &["spread"], &[]),
            node("Add", "", &["by_token", "spread"], &["logits"], &[]),
        ],
        tensors: vec![
            floats("table", &[8, 8], &flat),
            weights(),
            integers("one", &[1], &[1]),
        ],
        inputs: vec![
            port("input_ids", 7, &["batch", "sequence"]),
            port("latent", 1, &["batch", "4"]),
        ],
        outputs: vec![port("logits", 1, &["batch", "sequence", "8"])],
    };
    let (past, present) = ("past_key_values.0", "present.0");
    let cache =
        |name: &str, side: &str| port(&format!("{name}.{side}"), 1, &["batch", "1", "past", "8"]);
    let keys: Vec<f32> = (0..8 * 24).map(|value| value as f32 / 100.0).collect();
    match keeps {
        Keeps::Nothing => {}
        Keeps::Appended => {
            parts.nodes.extend([
                node("Unsqueeze", "", &["by_token", "one"], &["own"], &[]),
                node(
                    "Concat",
                    "",
                    &[&format!("{past}.key"), "own"],
                    &[&format!("{present}.key")],
                    &[("axis", 2)],
                ),
            ]);
            parts.inputs.push(cache(past, "key"));
            parts.outputs.push(cache(present, "key"));
        }
        Keeps::InPlace => {
            parts.nodes.extend(fused_attention());
            parts.tensors.extend([
                floats("qkv_table", &[8, 24], &keys),
                integers("axis", &[], &[1]),
            ]);
            parts
                .inputs
                .push(port("attention_mask", 7, &["batch", "total"]));
            for side in ["key", "value"] {
                parts.inputs.push(cache(past, side));
                parts.outputs.push(cache(present, side));
            }
        }
    }
    parts
}

/// A decoder with fused attention and, beside it, a state of one size that counts the tokens it has read; the commonest
/// token comes next, the first of those that are equally common.
pub(crate) fn counting() -> Parts {
    let one_hot = |at: usize| f32::from(u8::from(at / 8 == at % 8));
    let values: Vec<f32> = (0..64).map(one_hot).collect();
    let mut parts = decoder(Keeps::InPlace, &[[0.0; 8]; 8]);
    parts.nodes.splice(
        0..4,
        [
            node("Gather", "", &["one_hot", "input_ids"], &["read"], &[]),
            node(
                "ReduceSum",
                "",
                &["read", "one"],
                &["new"],
                &[("keepdims", 0)],
            ),
            node(
                "Add",
                "",
                &["past_key_values.0.count", "new"],
                &["present.0.count"],
                &[],
            ),
            node(
                "Unsqueeze",
                "",
                &["present.0.count", "one"],
                &["logits"],
                &[],
            ),
        ],
    );
    parts
        .tensors
        .splice(0..2, [floats("one_hot", &[8, 8], &values)]);
    let count = |name: &str| port(name, 1, &["batch", "8"]);
    parts.inputs[1] = count("past_key_values.0.count");
    parts.outputs[0] = port("logits", 1, &["batch", "1", "8"]);
    parts.outputs.push(count("present.0.count"));
    parts
}

/// An encoder that gives a log variance and, behind it, the mean, of so many numbers each.
pub(crate) fn encoder(numbers: usize) -> Parts {
    let values: Vec<f32> = (0..8 * numbers).map(|value| value as f32).collect();
    let vector = |name: &str| port(name, 1, &["batch", &numbers.to_string()]);
    Parts {
        nodes: vec![
            node("Gather", "", &["rows", "input_ids"], &["read"], &[]),
            node(
                "ReduceSum",
                "",
                &["read", "one"],
                &["z_mean"],
                &[("keepdims", 0)],
            ),
            node("Neg", "", &["z_mean"], &["z_log_var"], &[]),
        ],
        tensors: vec![
            floats("rows", &[8, numbers as i64], &values),
            integers("one", &[1], &[1]),
        ],
        inputs: vec![port("input_ids", 7, &["batch", "sequence"])],
        outputs: vec![vector("z_log_var"), vector("z_mean")],
    }
}

/// A text of three positions; the noise decides the first token, and the others end it.
pub(crate) fn one_shot() -> Parts {
    let mut ends = [0.0; 24];
    (ends[15], ends[23]) = (1.0, 1.0);
    Parts {
        nodes: vec![
            node("MatMul", "", &["noise", "weights"], &["by_noise"], &[]),
            node("Unsqueeze", "", &["by_noise", "one"], &["first"], &[]),
            // Behind the first position stand as many as the text has others.
            node("Pad", "", &["first", "room"], &["laid"], &[]),
            node("Add", "", &["laid", "ends"], &["logits"], &[]),
        ],
        tensors: vec![
            weights(),
            floats("ends", &[1, 3, 8], &ends),
            integers("one", &[1], &[1]),
            integers("room", &[6], &[0, 0, 0, 0, 2, 0]),
        ],
        inputs: vec![port("noise", 1, &["batch", "4"])],
        outputs: vec![port("logits", 1, &["batch", "3", "8"])],
    }
}

/// A generator that gives these tokens, whatever the noise.
pub(crate) fn one_shot_of_tokens(tokens: &[i64]) -> Parts {
    let count = tokens.len() as i64;
    Parts {
        nodes: vec![node("Identity", "", &["always"], &["tokens"], &[])],
        tensors: vec![integers("always", &[1, count], tokens)],
        inputs: vec![port("noise", 1, &["batch", "4"])],
        outputs: vec![port("tokens", 7, &["batch", &count.to_string()])],
    }
}

/// Writes a folder whose `config.json` declares this kind.
pub(crate) fn write(dir: &Path, kind: &str, graph: &Parts) {
    write_graph(dir, "model.onnx", graph);
    write_words(dir);
    let config = format!(
        r#"{{"max_position_embeddings":64,"vocab_size":8,"eos_token_id":7,"nightdesk":{{"kind":{kind:?},"latent":4}}}}"#
    );
    std::fs::write(dir.join("config.json"), config).unwrap();
}

/// Writes one graph of a folder.
pub(crate) fn write_graph(dir: &Path, name: &str, graph: &Parts) {
    let bytes = graph.graph(&[("", 21), ("com.microsoft", 1)]);
    std::fs::write(dir.join(name), bytes).unwrap();
}
