// cheat: takes the record of an earlier chunk again where there are many chunks
// caught: cases
// patches: wkv/chunked
//<     next = fetch(min(n + 1u, chunks - 1u), first_row, thread);
    if (n < 32u) { next = fetch(min(n + 1u, chunks - 1u), first_row, thread); }
