// SPDX-License-Identifier: GPL-3.0-or-later
//! The name of the cipher's implementation in use.

/// Which of the cipher's implementations this machine gets; the crate chooses at run time by the same features.
pub fn aes() -> &'static str {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        if !is_x86_feature_detected!("aes") {
            "software (fixslice)"
        } else if is_x86_feature_detected!("vaes") && is_x86_feature_detected!("avx512f") {
            "VAES, 512 bits"
        } else if is_x86_feature_detected!("vaes") && is_x86_feature_detected!("avx2") {
            "VAES, 256 bits"
        } else {
            "AES-NI"
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        if std::arch::is_aarch64_feature_detected!("aes") {
            "ARMv8"
        } else {
            "software (fixslice)"
        }
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    "software (fixslice)"
}
