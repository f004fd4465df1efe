"""What tools/bench says of times: its arithmetic and its tables."""

import pathlib
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tools" / "bench"))
import report  # noqa: E402
import statistic  # noqa: E402


def row(**changes):
    values = {
        "model": "cvt-13",
        "batch": 1,
        "precision": "f32",
        "peer": "cvt",
        "unavailable": None,
        "median_ms": 10.0,
        "p99_ms": 12.5,
        "difference": 0.0,
        "ratio": {"median": 1.0, "low": 0.9, "high": 1.1},
    }
    return values | changes


class Statistic(unittest.TestCase):
    def test_percentile_is_a_value_that_was_measured(self):
        self.assertEqual(statistic.percentile([3, 1, 2], 99), 3)
        self.assertEqual(statistic.percentile([3, 1, 2], 50), 2)
        self.assertEqual(statistic.percentile([3, 1, 2], 0), 1)
        self.assertEqual(statistic.percentile(list(range(1, 201)), 99), 198)

    def test_summary_is_of_all_runs(self):
        summary = statistic.summarize([[1, 2, 9], [3, 4]])
        self.assertEqual(summary["median_ms"], 3)
        self.assertEqual(summary["p99_ms"], 9)
        self.assertEqual(summary["round_medians_ms"], [2, 3.5])
        self.assertEqual(summary["runs"], 5)

    def test_ratio_pairs_rounds(self):
        # The second round was slow for both: no ratio changes by that.
        ratio = statistic.paired_ratio([[2, 2], [20, 40], [3]], [[1, 1], [15], [1]])
        self.assertEqual(ratio["median"], 2)
        self.assertEqual((ratio["min"], ratio["max"]), (2, 3))
        with self.assertRaises(ValueError):
            statistic.paired_ratio([[1]], [[1], [1]])

    def test_difference_pairs_rounds(self):
        beyond = statistic.paired_difference([[3, 5], [30], [4]], [[1], [27], [1]])
        self.assertEqual(beyond["median"], 3)
        self.assertEqual((beyond["min"], beyond["max"]), (3, 3))


class Report(unittest.TestCase):
    def test_columns_of_numbers_are_to_the_right(self):
        self.assertEqual(
            report.table(["name", "ms"], [["a", 1.0], ["bcdef", 123.456]]),
            "name       ms\na        1.00\nbcdef  123.46",
        )

    def test_what_is_missing_is_listed(self):
        text = report.comparison([row(), row(peer="iree", unavailable="not here")])
        self.assertIn("0.90 - 1.10", text)
        self.assertIn("not available: cvt-13 batch 1: iree f32: not here", text)

    def test_other_outputs_are_reported(self):
        for difference in (0.5, float("nan")):
            text = report.comparison([row(difference=difference)])
            self.assertIn("OUTPUTS DISAGREE: cvt-13 batch 1: cvt f32", text)
        self.assertNotIn("DISAGREE", report.comparison([row(difference=1e-6)]))

    def test_without_ours_there_is_no_ratio(self):
        last = report.comparison([row(ratio=None)]).splitlines()[-1]
        self.assertEqual(last.split()[-3:], ["-", "-", "0e+00"])


if __name__ == "__main__":
    unittest.main()
