// Makes an instance fit for being copied: nothing in its memory belongs to this instance alone, or
// to what its host showed it. The host copies the memory between guest_quiesce and guest_resume; no
// global variable of the module need be copied.
#ifndef GUESTS_PYTHON_SNAPSHOT_H_
#define GUESTS_PYTHON_SNAPSHOT_H_

#include "guest.h"

// Remembers what is open and which variables the host gives when Python starts. Before guest_start.
void snapshot_begin(void);

// False with an exception set, and the instance as it was, when something is open or a variable
// would be in the image.
bool guest_quiesce(void);

// Fresh randomness, the host's variables, the user's hooks. False with an exception set when a hook
// fails.
bool guest_resume(void);

// Fresh randomness alone, for what is loaded into an instance that begins with an image. False with
// an exception set when the host has none.
bool guest_reseed_if_needed(void);

// That a file has been loaded: it may have hooks and a seed of its own for `random`, which resuming
// sees to also where no image is made.
void guest_has_loaded(void);

// Resumes unless that was done since the start or the image.
bool guest_resume_if_needed(void);

#endif  // GUESTS_PYTHON_SNAPSHOT_H_
