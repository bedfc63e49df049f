//! What a model's configuration files say: `genai_config.json` (onnxruntime-genai) before
//! `generation_config.json` before `config.json` (both Hugging Face).
//!
//! Exporters write some of the three and leave out what they take for granted, so nothing but an end token is
//! demanded: a size that no file states is read from the graph, and a length that none states is no limit.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::super::error::EngineError;
use super::declared::Declared;
use super::directory::{Directory, invalid};
use super::reader::{Reader, Source};
use super::sampling_defaults::SamplingDefaults;

const GENAI: &str = "genai_config.json";
const GENERATION: &str = "generation_config.json";
const CONFIG: &str = "config.json";

/// Keys by which families call the tokens that fit.
const CONTEXT: [&str; 6] = [
    "max_position_embeddings",
    "n_positions",
    "seq_length",
    "max_seq_len",
    "max_sequence_length",
    "n_ctx",
];

/// What drafting needs to know of a model beside its graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelConfiguration {
    /// Tokens of prompt and answer together; none where no file states a limit.
    pub context_limit: Option<usize>,
    /// Entries of the vocabulary.
    pub vocab_size: Option<usize>,
    /// Opens a text.
    pub bos_token_id: Option<u32>,
    /// The first end token of the file that comes first.
    pub eos_token_id: Option<u32>,
    /// Stands in for tokens that are not there.
    pub pad_token_id: Option<u32>,
    /// End a text: those of all files together.
    pub end_tokens: Vec<u32>,
    /// How the makers of the model draw from it.
    pub sampling: SamplingDefaults,
    /// Sizes that a graph may leave open.
    pub sizes: StateSizes,
    /// What an encoder-decoder's answer begins and ends with.
    pub answer: AnswerTokens,
    /// Kind of a generator that its folder declares.
    pub declared: Option<Declared>,
    /// Tokens that are never written.
    pub suppressed_tokens: Vec<u32>,
    /// The files that were read.
    pub files: Vec<String>,
}

/// Sizes of the states that a graph carries from step to step, where its axes have names and no numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StateSizes {
    /// Layers.
    pub layers: Option<usize>,
    /// Key and value heads.
    pub kv_heads: Option<usize>,
    /// Values of one head.
    pub head_dim: Option<usize>,
    /// Values of a hidden state.
    pub hidden: Option<usize>,
    /// Values of a latent vector.
    pub latent: Option<usize>,
}

/// Tokens that an encoder-decoder's answer begins and ends with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AnswerTokens {
    /// The decoder's first input.
    pub start: Option<u32>,
    /// Always the first token of the answer.
    pub forced_first: Option<u32>,
    /// Always the last token of an answer that reaches its limit.
    pub forced_last: Option<u32>,
}

impl ModelConfiguration {
    /// The limit as the database keeps it: no limit is the largest number there is.
    pub fn stored_context_limit(&self) -> i32 {
        let limit = self
            .context_limit
            .and_then(|limit| i32::try_from(limit).ok());
        limit.unwrap_or(i32::MAX)
    }
}

/// Reads what the files of a folder say.
///
/// # Errors
/// [`EngineError::ModelFileInvalid`] for a value of another type, or where no file names an end token, and
/// [`EngineError::ModelFileMissing`] without any file.
pub(super) fn read(directory: &Directory) -> Result<ModelConfiguration, EngineError> {
    let reader = Reader { directory };
    let genai = Source::read(directory, GENAI)?;
    let generation = Source::read(directory, GENERATION)?;
    let config = Source::read(directory, CONFIG)?;
    if genai.is_none() && config.is_none() {
        return Err(EngineError::ModelFileMissing {
            dir: directory.root.clone(),
            file: CONFIG.to_owned(),
        });
    }
    let mut found = ModelConfiguration::default();
    let mut ends = BTreeSet::new();
    if let Some(config) = &config {
        of_hugging_face(&reader, config, &mut found, &mut ends)?;
        found.declared = declared(&reader, config)?;
        found.sizes.latent = found.declared.and_then(|declared| declared.latent);
    }
    if let Some(generation) = &generation {
        of_hugging_face(&reader, generation, &mut found, &mut ends)?;
        found.sampling = sampling(&reader, generation, "")?;
    }
    if let Some(genai) = &genai {
        of_genai(&reader, genai, &mut found, &mut ends)?;
        if generation.is_none() {
            found.sampling = sampling(&reader, genai, "search.")?;
        }
    }
    if let Some(config) = &config
        && let Some(original) = unscaled_limit(&reader, config)?
    {
        // Beyond it such a model reads its past with other rotary factors than it was written with.
        found.context_limit = Some(
            found
                .context_limit
                .map_or(original, |limit| limit.min(original)),
        );
    }
    found.end_tokens = ends.into_iter().collect();
    let sources = [genai, generation, config].into_iter().flatten();
    found.files = sources.map(|source| source.name.to_owned()).collect();
    if found.end_tokens.is_empty() {
        let named = found.files.last().map_or(CONFIG, String::as_str);
        return Err(invalid(
            &directory.path(named),
            "no file of the model names an end token (`eos_token_id`): its texts would never end"
                .to_owned(),
        ));
    }
    Ok(found)
}

/// The graph that `genai_config.json` names.
pub(super) fn named_graph(directory: &Directory) -> Result<Option<String>, EngineError> {
    let source = Source::read(directory, GENAI)?;
    let name = source
        .as_ref()
        .and_then(|source| source.at("model.decoder.filename"));
    Ok(name.and_then(Value::as_str).map(str::to_owned))
}

fn put<T>(place: &mut Option<T>, found: Option<T>) {
    if found.is_some() {
        *place = found;
    }
}

/// `config.json` and `generation_config.json`; a multimodal model keeps its own sizes under `text_config`.
fn of_hugging_face(
    reader: &Reader<'_>,
    source: &Source,
    found: &mut ModelConfiguration,
    ends: &mut BTreeSet<u32>,
) -> Result<(), EngineError> {
    let mut suppressed = BTreeSet::new();
    for prefix in ["", "text_config."] {
        let path = |key: &str| format!("{prefix}{key}");
        let count = |key: &str| reader.count(source, &path(key));
        let size = |key: &str| reader.size(source, &path(key));
        let token = |key: &str| reader.token(source, &path(key));
        for key in CONTEXT.into_iter().rev() {
            put(&mut found.context_limit, count(key)?);
        }
        put(&mut found.vocab_size, size("vocab_size")?);
        put(&mut found.bos_token_id, token("bos_token_id")?);
        put(&mut found.pad_token_id, token("pad_token_id")?);
        let own = reader.tokens(source, &path("eos_token_id"))?;
        put(&mut found.eos_token_id, own.first().copied());
        ends.extend(own);
        suppressed.extend(never_written(source, &path("suppress_tokens")));
        suppressed.extend(never_written(source, &path("bad_words_ids")));
        put(&mut found.answer.start, token("decoder_start_token_id")?);
        put(
            &mut found.answer.forced_first,
            token("forced_bos_token_id")?,
        );
        put(&mut found.answer.forced_last, token("forced_eos_token_id")?);
        let sizes = &mut found.sizes;
        for key in ["n_layer", "num_layers", "num_hidden_layers"] {
            put(&mut sizes.layers, size(key)?);
        }
        let mut heads = None;
        for key in ["n_head", "num_heads", "num_attention_heads"] {
            put(&mut heads, size(key)?);
        }
        if let Some(heads) = heads {
            sizes.kv_heads = Some(heads);
        }
        put(&mut sizes.kv_heads, size("num_key_value_heads")?);
        for key in ["n_embd", "d_model", "hidden_size"] {
            put(&mut sizes.hidden, size(key)?);
        }
        if let (Some(hidden), Some(heads)) = (sizes.hidden, heads) {
            sizes.head_dim = Some(hidden / heads);
        }
        for key in ["d_kv", "head_dim"] {
            put(&mut sizes.head_dim, size(key)?);
        }
    }
    suppressed.extend(found.suppressed_tokens.drain(..));
    found.suppressed_tokens = suppressed.into_iter().collect();
    Ok(())
}

/// Forbidden tokens, and forbidden runs of tokens that have one token only: Marian's models so forbid the padding that they
/// begin with. −1 is how some say that there is none.
fn never_written(source: &Source, path: &str) -> Vec<u32> {
    let entries = source.at(path).and_then(Value::as_array);
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    let single = |entry: &Value| match entry.as_array().map(Vec::as_slice) {
        None => id(entry),
        Some([only]) => id(only),
        Some(_) => None,
    };
    entries.into_iter().flatten().filter_map(single).collect()
}

fn of_genai(
    reader: &Reader<'_>,
    source: &Source,
    found: &mut ModelConfiguration,
    ends: &mut BTreeSet<u32>,
) -> Result<(), EngineError> {
    let size = |path: &str| reader.size(source, path);
    let limit = reader.count(source, "model.context_length")?;
    put(&mut found.context_limit, limit);
    put(&mut found.vocab_size, size("model.vocab_size")?);
    put(
        &mut found.bos_token_id,
        reader.token(source, "model.bos_token_id")?,
    );
    put(
        &mut found.pad_token_id,
        reader.token(source, "model.pad_token_id")?,
    );
    let own = reader.tokens(source, "model.eos_token_id")?;
    put(&mut found.eos_token_id, own.first().copied());
    ends.extend(own);
    put(
        &mut found.answer.start,
        reader.token(source, "model.decoder_start_token_id")?,
    );
    let sizes = &mut found.sizes;
    put(&mut sizes.layers, size("model.decoder.num_hidden_layers")?);
    put(
        &mut sizes.kv_heads,
        size("model.decoder.num_key_value_heads")?,
    );
    put(&mut sizes.head_dim, size("model.decoder.head_size")?);
    put(&mut sizes.hidden, size("model.decoder.hidden_size")?);
    Ok(())
}

/// Tokens up to which a model with LongRoPE keeps to one set of rotary factors.
fn unscaled_limit(reader: &Reader<'_>, config: &Source) -> Result<Option<usize>, EngineError> {
    let kinds = ["rope_scaling.type", "rope_scaling.rope_type"];
    let mut kinds = kinds.iter().filter_map(|path| config.at(path)?.as_str());
    if !kinds.any(|kind| kind == "longrope" || kind == "su") {
        return Ok(None);
    }
    let original = reader.count(config, "original_max_position_embeddings")?;
    match original {
        Some(original) => Ok(Some(original)),
        None => reader.count(config, "rope_scaling.original_max_position_embeddings"),
    }
}

/// Values count where drawing is not switched off: transformers ignores them otherwise.
fn sampling(
    reader: &Reader<'_>,
    source: &Source,
    prefix: &str,
) -> Result<SamplingDefaults, EngineError> {
    let path = |key: &str| format!("{prefix}{key}");
    let draws = source.at(&path("do_sample")).and_then(Value::as_bool);
    if draws != Some(true) {
        return Ok(SamplingDefaults::default());
    }
    let share = |key: &str| reader.share(source, &path(key));
    let top_k = source.at(&path("top_k")).and_then(Value::as_u64);
    Ok(SamplingDefaults {
        temperature: share("temperature")?,
        top_k: top_k.and_then(|top_k| u32::try_from(top_k).ok()),
        top_p: share("top_p")?,
        min_p: share("min_p")?,
        typical_p: share("typical_p")?,
        repetition_penalty: share("repetition_penalty")?,
    })
}

fn declared(reader: &Reader<'_>, config: &Source) -> Result<Option<Declared>, EngineError> {
    let Some(kind) = config.at("nightdesk.kind") else {
        return Ok(None);
    };
    let known = kind.as_str().and_then(|word| word.parse().ok());
    let Some(kind) = known else {
        let expected = "`recurrent`, `vae` or `one_shot`";
        return Err(reader.wrong(config, "nightdesk.kind", expected, kind));
    };
    Ok(Some(Declared {
        kind,
        latent: reader.size(config, "nightdesk.latent")?,
    }))
}
