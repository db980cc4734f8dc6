# Entry points of the 32 exceptions, for traps.c. They never return.

        .text
        .altmacro

# Vectors for which the CPU itself pushes an error code: SDM 3A table 6-1.
        .macro  exception vector
exception_\vector:
        .if (\vector == 8) || (\vector == 10) || (\vector == 11) || (\vector == 12) || (\vector == 13) || (\vector == 14) || (\vector == 17) || (\vector == 21)
        .else
        pushq   $0
        .endif
        popq    %rsi
        popq    %rdx
        movl    $\vector, %edi
        andq    $-16, %rsp
        call    unexpected_exception
        .endm

        .macro  address vector
        .quad   exception_\vector
        .endm

        .set    vector, 0
        .rept   32
        exception %vector
        .set    vector, vector + 1
        .endr

        .section .rodata
        .balign 8
        .globl  exception_entries
exception_entries:
        .set    vector, 0
        .rept   32
        address %vector
        .set    vector, vector + 1
        .endr
        .section .note.GNU-stack, "", @progbits
