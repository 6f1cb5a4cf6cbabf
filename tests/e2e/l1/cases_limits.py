# SPDX-License-Identifier: LGPL-2.1-or-later
"""What only root of a whole host can do."""

import os

import tool
from tap import case, expect, expect_equal


@case("QEMU may lock the guest's memory from its first host device to its last, and no longer")
def limits_memlock(evidence):
    """A container's root may not raise limits, so the unit test skips it there."""
    program = os.path.join(tool.job["build_dir"], "tests", "qemumemlockrealtest")
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__)))))
    result = tool.run(evidence, ["prlimit", "--memlock=8388608:8388608", program, "--tap"],
                      timeout_s=240, env={"abs_top_srcdir": source})
    expect_equal(result.status, 0, "exit status")
    expect("# skip" not in result.out.lower(), f"nothing is skipped:\n{result.out}")
    expect("1090519040" in result.out, f"the limit that was seen:\n{result.out}")
