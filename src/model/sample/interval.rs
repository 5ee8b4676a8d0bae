//! How sure a figure from a sample is.

/// Normal quantile of a two-sided 95 % interval.
pub const Z95: f64 = 1.959_964;

/// Student's quantile of a two-sided 95 % interval with this many degrees of freedom; infinite for none.
///
/// Exact for the first six; beyond that the expansion of Cornish and Fisher in `1/ν` (Abramowitz and Stegun, 26.7.5), which is
/// right to three digits.
pub fn student_t95(degrees: usize) -> f64 {
    match degrees {
        0 => f64::INFINITY,
        1 => 12.706_2,
        2 => 4.302_7,
        3 => 3.182_4,
        4 => 2.776_4,
        5 => 2.570_6,
        6 => 2.446_9,
        _ => {
            let (n, z) = (degrees as f64, Z95);
            let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
            z + (z3 + z) / (4.0 * n)
                + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n)
                + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n * n * n)
        }
    }
}

/// Wilson's 95 % score interval of a share seen in `n` independent records; the whole range where there are none.
///
/// E. B. Wilson, *Probable Inference, the Law of Succession, and Statistical Inference* (JASA 22, 1927).
pub fn wilson(share: f64, n: f64) -> (f64, f64) {
    if n.is_nan() || n <= 0.0 {
        return (0.0, 1.0);
    }
    let z2 = Z95 * Z95;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).max(0.0).sqrt();
    ((middle - half).clamp(0.0, share), (middle + half).clamp(share, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantile_falls_to_that_of_the_normal() {
        for (degrees, expected) in [(5, 2.5706), (9, 2.2622), (14, 2.1448), (30, 2.0423), (1_000, 1.9623)] {
            assert!((student_t95(degrees) - expected).abs() < 0.002, "{degrees}: {}", student_t95(degrees));
        }
    }

    #[test]
    fn wilsons_interval_holds_its_share_and_stays_in_range() {
        let (low, high) = wilson(0.71, 1_240.0);
        assert!((low - 0.684).abs() < 0.002 && (high - 0.735).abs() < 0.002, "{low} {high}");
        assert_eq!(wilson(0.3, 0.0), (0.0, 1.0));
        let (low, high) = wilson(0.0, 50.0);
        assert!(low == 0.0 && high > 0.05 && high < 0.1);
        assert_eq!(wilson(1.0, 50.0).1, 1.0);
    }
}
