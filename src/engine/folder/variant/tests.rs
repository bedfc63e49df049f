//! Layouts of the public exporters, and folders in which nothing says what is the model.

use super::*;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn found(given: &[&str]) -> Vec<String> {
    let found = variants(Path::new("m"), &names(given), None).expect("graphs");
    found
        .iter()
        .map(|files| {
            format!(
                "{}: {}",
                files.variant,
                files.names().collect::<Vec<_>>().join(" ")
            )
        })
        .collect()
}

#[test]
fn layouts_of_the_public_exporters_are_known() {
    assert_eq!(
        found(&["model.onnx", "model.onnx.data"]),
        ["default: model.onnx"]
    );
    assert_eq!(
        found(&["model_quantized.onnx", "model.onnx"]),
        ["default: model.onnx", "quantized: model_quantized.onnx"]
    );
    assert_eq!(
        found(&[
            "onnx/model.onnx",
            "onnx/model_q4f16.onnx",
            "onnx/model_fp16.onnx",
            "onnx/model_q4.onnx",
            "onnx/model_int8.onnx",
            "onnx/model_odd.onnx"
        ]),
        [
            "int8: onnx/model_int8.onnx",
            "q4: onnx/model_q4.onnx",
            "fp16: onnx/model_fp16.onnx",
            "fp32: onnx/model.onnx",
            "q4f16: onnx/model_q4f16.onnx",
            "odd: onnx/model_odd.onnx"
        ]
    );
    assert_eq!(
        found(&[
            "encoder_model.onnx",
            "decoder_model.onnx",
            "decoder_with_past_model.onnx"
        ]),
        ["default: encoder_model.onnx decoder_model.onnx decoder_with_past_model.onnx"]
    );
    assert_eq!(
        found(&[
            "onnx/encoder_model.onnx",
            "onnx/decoder_model.onnx",
            "onnx/decoder_model_merged.onnx",
            "onnx/decoder_model_merged_quantized.onnx"
        ]),
        [
            "quantized: onnx/encoder_model.onnx onnx/decoder_model_merged_quantized.onnx",
            "fp32: onnx/encoder_model.onnx onnx/decoder_model_merged.onnx"
        ]
    );
    assert_eq!(
        found(&["decoder.onnx", "encoder.onnx"]),
        ["default: encoder.onnx decoder.onnx"]
    );
    assert_eq!(found(&["phi3-mini.onnx"]), ["phi3-mini: phi3-mini.onnx"]);
}

#[test]
fn what_an_encoder_does_is_told_by_the_kind_of_the_model() {
    let graphs = |given: &[&str], kind: Option<DeclaredKind>| {
        let found = variants(Path::new("m"), &names(given), None).expect("graphs");
        let files = found[0].clone().of_kind(kind);
        (files.encoder, files.latent_encoder)
    };
    let encoder = Some("encoder.onnx".to_owned());
    let halves = ["decoder.onnx", "encoder.onnx"];
    let whole = ["model.onnx", "encoder.onnx"];
    assert_eq!(graphs(&halves, None), (encoder.clone(), None));
    for given in [halves, whole] {
        let kind = |kind| graphs(&given, Some(kind));
        assert_eq!(kind(DeclaredKind::Vae), (None, encoder.clone()));
        assert_eq!(kind(DeclaredKind::OneShot), (None, None));
    }
    assert_eq!(graphs(&whole, None), (None, None));
}

#[test]
fn the_graph_that_the_configuration_names_comes_first() {
    let names = names(&["model.onnx", "cpu.onnx"]);
    let found = variants(Path::new("m"), &names, Some("cpu.onnx")).expect("graphs");
    assert_eq!(found[0].decoder, "cpu.onnx");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_variant_is_wanted_by_precision_or_by_file() {
    let names = names(&["onnx/model.onnx", "onnx/model_q4.onnx"]);
    let pick = |name: &str| {
        let all = variants(Path::new("m"), &names, None);
        wanted(Path::new("m"), &names, all, name).map(|found| found[0].decoder.clone())
    };
    for name in ["q4", "model_q4", "onnx/model_q4.onnx", "onnx/model_q4"] {
        assert_eq!(pick(name).as_deref(), Ok("onnx/model_q4.onnx"), "{name}");
    }
    assert_eq!(pick("fp32").as_deref(), Ok("onnx/model.onnx"));
    assert_eq!(
        pick("int8").expect_err("not there").to_string(),
        "model folder `m` has no variant `int8`; there is q4, fp32"
    );
}

#[test]
fn graphs_that_make_no_model_say_what_is_missing() {
    let refused = |given: &[&str]| {
        variants(Path::new("m"), &names(given), None)
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        refused(&["config.json"]),
        "model folder `m` has no `model.onnx`"
    );
    assert_eq!(
        refused(&["encoder_model.onnx"]),
        "model folder `m` has `encoder_model.onnx` and no `decoder_model.onnx`"
    );
    assert_eq!(
        refused(&["a.onnx", "b.onnx"]),
        "model folder `m` has several graphs, and nothing says which is the model: `a.onnx`, `b.onnx`"
    );
    let names = names(&["a.onnx", "b.onnx"]);
    let all = variants(Path::new("m"), &names, None);
    let picked = wanted(Path::new("m"), &names, all, "b").expect("named");
    assert_eq!(picked[0].decoder, "b.onnx");
}
