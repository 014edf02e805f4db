// SPDX-License-Identifier: MIT

package leak

import "slices"

// references returns None: there is no JavaScript.
func references() int { return None }

//go:wasmimport wasi:http/types@0.2.0 [constructor]fields
//go:noescape
func fieldsNew() uint32

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]fields
//go:noescape
func fieldsDrop(fields uint32)

// handles counts by the numbers that new handles get. A host keeps all handles of a program
// in one table: it gives the numbers of dropped ones out again, and makes the table longer
// when there is none. So when new handles have consecutive numbers, every number below
// them is in use, by the new ones or by those to be counted.
func handles() int {
	const enough = 64 // consecutive ones that no accident makes
	var taken []uint32
	for run := 0; run < enough; {
		h := fieldsNew()
		if n := len(taken); n > 0 && h == taken[n-1]+1 {
			run++
		} else {
			run = 0
		}
		taken = append(taken, h)
	}
	highest := int(taken[len(taken)-1])
	// Those dropped last are given out first: from the highest on down, which is not taken
	// for new numbers.
	slices.Sort(taken)
	for _, h := range taken {
		fieldsDrop(h)
	}
	return highest - len(taken)
}
