//! The class of this machine's CPU: what decides which kernels ONNX Runtime takes, and with them the last bits of
//! every number.

/// Such as `x86_64 avx2 avx512f avx512vnni`. The same model gives the same bits on two machines of one class.
pub fn cpu_class() -> String {
    let mut words = vec![std::env::consts::ARCH];
    words.extend(features());
    words.join(" ")
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let known = [
        ("sse4.1", is_x86_feature_detected!("sse4.1")),
        ("avx", is_x86_feature_detected!("avx")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avxvnni", is_x86_feature_detected!("avxvnni")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
    ];
    let there = known.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_begins_with_the_architecture_and_does_not_change() {
        assert!(cpu_class().starts_with(std::env::consts::ARCH));
        assert_eq!(cpu_class(), cpu_class());
    }
}
