/*
 * fuzz.h: what every fuzz target has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * LLVMFuzzerTestOneInput:
 * @data: @size bytes of anything
 *
 * Called by libFuzzer, or by fuzzreplay.c for each file of a corpus. A broken promise aborts.
 *
 * Returns: 0
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
