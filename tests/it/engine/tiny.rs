//! Tiny models, written byte by byte: what a next token is stands in a table, so a test can make the
//! model give any logits it likes, NaN among them.

use std::path::Path;

/// Tokens of the tiny models; the last one ends a text.
pub(crate) const WORDS: [&str; 8] = [
    "rain", "snow", "fog", "bad", "empty", "hot", "wind", "<end>",
];

/// One protobuf message.
#[derive(Default, Clone)]
pub(crate) struct Wire(Vec<u8>);

impl Wire {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(crate) fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    pub(crate) fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    pub(crate) fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0.clone())
    }
}

/// What differs from a model that works.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    /// Version of `ai.onnx`.
    pub(crate) opset: i64,
    /// Domain of an additional operator `Magic`.
    pub(crate) custom: Option<&'static str>,
    /// Bytes that the graph says are in `model.onnx.data`.
    pub(crate) external: Option<u64>,
}

/// A model that works.
pub(crate) const GOOD: Recipe = Recipe {
    opset: 21,
    custom: None,
    external: None,
};

/// Writes a model folder. The logits after a token are its row of `table`.
pub(crate) fn write(dir: &Path, table: &[[f32; 8]; 8], recipe: Recipe) {
    std::fs::write(dir.join("model.onnx"), graph(table, recipe)).unwrap();
    write_words(dir);
    let config = r#"{"max_position_embeddings":512,"vocab_size":8,"eos_token_id":7}"#;
    std::fs::write(dir.join("config.json"), config).unwrap();
}

/// Writes the tokenizer of [`WORDS`].
pub(crate) fn write_words(dir: &Path) {
    let vocab: Vec<String> = WORDS
        .iter()
        .enumerate()
        .map(|(id, word)| format!("{word:?}:{id}"))
        .collect();
    let tokenizer = format!(
        r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{{"id":7,"content":"<end>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}],"normalizer":null,"pre_tokenizer":{{"type":"WhitespaceSplit"}},"post_processor":null,"decoder":null,"model":{{"type":"WordLevel","vocab":{{{}}},"unk_token":"fog"}}}}"#,
        vocab.join(",")
    );
    std::fs::write(dir.join("tokenizer.json"), tokenizer).unwrap();
}

/// What a graph is put together from.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) nodes: Vec<Wire>,
    pub(crate) tensors: Vec<Wire>,
    pub(crate) inputs: Vec<Wire>,
    pub(crate) outputs: Vec<Wire>,
}

impl Parts {
    /// The file's bytes, for operators of these domains.
    pub(crate) fn graph(&self, opsets: &[(&str, i64)]) -> Vec<u8> {
        let fields = [
            (1, &self.nodes),
            (5, &self.tensors),
            (11, &self.inputs),
            (12, &self.outputs),
        ];
        let mut graph = Wire::default().text(2, "tiny");
        for (field, parts) in fields {
            graph = parts
                .iter()
                .fold(graph, |graph, part| graph.message(field, part));
        }
        let mut model = Wire::default().int(1, 10).text(2, "tiny");
        model = model.message(7, &graph);
        for (domain, version) in opsets {
            let opset = Wire::default().text(1, domain).int(2, *version);
            model = model.message(8, &opset);
        }
        model.0
    }
}

pub(crate) fn node(
    op: &str,
    domain: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[(&str, i64)],
) -> Wire {
    let mut node = Wire::default();
    for input in inputs {
        node = node.text(1, input);
    }
    for output in outputs {
        node = node.text(2, output);
    }
    node = node.text(3, &format!("the_{}", outputs[0])).text(4, op);
    for (name, value) in attributes {
        // 2: the attribute is an integer.
        node = node.message(5, &Wire::default().text(1, name).int(3, *value).int(20, 2));
    }
    node.text(7, domain)
}

pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Wire {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 1).bytes(9, &raw)
}

pub(crate) fn integers(name: &str, dims: &[i64], values: &[i64]) -> Wire {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 7).bytes(9, &raw)
}

fn tensor(name: &str, dims: &[i64], data_type: i64) -> Wire {
    let tensor = dims
        .iter()
        .fold(Wire::default(), |tensor, dim| tensor.int(1, *dim));
    tensor.int(2, data_type).text(8, name)
}

pub(crate) fn port(name: &str, element: i64, dims: &[&str]) -> Wire {
    let shape = dims.iter().fold(Wire::default(), |shape, dim| {
        let dim = match dim.parse() {
            Ok(value) => Wire::default().int(1, value),
            Err(_) => Wire::default().text(2, dim),
        };
        shape.message(1, &dim)
    });
    let of = Wire::default().int(1, element).message(2, &shape);
    Wire::default()
        .text(1, name)
        .message(2, &Wire::default().message(1, &of))
}

/// Attention of one head as onnxruntime-genai writes it, from `qkv_table` by token: it reads the mask and the past, and
/// gives `attended` and the present.
pub(crate) fn fused_attention() -> Vec<Wire> {
    let past = "past_key_values.0";
    let attention = [
        "qkv",
        "",
        "",
        &format!("{past}.key"),
        &format!("{past}.value"),
        "seqlens_k",
        "total",
    ];
    vec![
        node(
            "ReduceSum",
            "",
            &["attention_mask", "one"],
            &["row_lengths"],
            &[("keepdims", 0)],
        ),
        node("Sub", "", &["row_lengths", "one"], &["last"], &[]),
        // 6: to int32.
        node("Cast", "", &["last"], &["seqlens_k"], &[("to", 6)]),
        node("Shape", "", &["attention_mask"], &["mask_shape"], &[]),
        node("Gather", "", &["mask_shape", "axis"], &["width"], &[]),
        node("Cast", "", &["width"], &["total"], &[("to", 6)]),
        node("Gather", "", &["qkv_table", "input_ids"], &["qkv"], &[]),
        node(
            "GroupQueryAttention",
            "com.microsoft",
            &attention,
            &["attended", "present.0.key", "present.0.value"],
            &[("num_heads", 1), ("kv_num_heads", 1)],
        ),
    ]
}

/// Attention runs, as in a real graph, but the logits come from the table.
fn graph(table: &[[f32; 8]; 8], recipe: Recipe) -> Vec<u8> {
    let ms = "com.microsoft";
    let flat: Vec<f32> = table.iter().flatten().copied().collect();
    let qkv: Vec<f32> = (0..8 * 24).map(|value| value as f32 / 100.0).collect();
    let past = "past_key_values.0";
    let mut nodes = fused_attention();
    nodes.push(node(
        "Gather",
        "",
        &["table", "input_ids"],
        &["logits"],
        &[],
    ));
    if let Some(domain) = recipe.custom {
        nodes.push(node("Magic", domain, &["attended"], &["magic"], &[]));
    }
    let mut tensors = vec![
        floats("table", &[8, 8], &flat),
        floats("qkv_table", &[8, 24], &qkv),
        integers("one", &[1], &[1]),
        integers("axis", &[], &[1]),
    ];
    if let Some(bytes) = recipe.external {
        let entry = |key: &str, value: &str| Wire::default().text(1, key).text(2, value);
        tensors.push(
            tensor("outside", &[bytes as i64 / 4], 1)
                .message(13, &entry("location", "model.onnx.data"))
                .message(13, &entry("length", &bytes.to_string()))
                .int(14, 1),
        );
    }
    let cache = |name: &str| port(name, 1, &["batch", "1", "past", "8"]);
    let parts = Parts {
        nodes,
        tensors,
        inputs: vec![
            port("input_ids", 7, &["batch", "sequence"]),
            port("attention_mask", 7, &["batch", "total"]),
            cache(&format!("{past}.key")),
            cache(&format!("{past}.value")),
        ],
        outputs: vec![
            port("logits", 1, &["batch", "sequence", "8"]),
            cache("present.0.key"),
            cache("present.0.value"),
        ],
    };
    let opsets = [("", recipe.opset), (ms, 1)].into_iter();
    let custom = recipe.custom.map(|domain| (domain, 1));
    parts.graph(&opsets.chain(custom).collect::<Vec<_>>())
}
