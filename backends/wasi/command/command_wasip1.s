// SPDX-License-Identifier: MIT

// Empty: it tells the compiler that functions without a body are no mistake here.
