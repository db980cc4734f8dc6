# From the multiboot entry, and from an application processor's SIPI, to C in 64-bit mode.
# Nothing calls this file; it calls bench_main (main.c) and ap_main (smp.c).

        .set    MULTIBOOT_MAGIC, 0x1badb002
        .set    MULTIBOOT_FLAGS, 0x00010002     # memory info; the address fields below are valid
        .set    CODE32, 0x08
        .set    DATA, 0x10
        .set    CODE64, 0x18
        .set    TRAMPOLINE, 0x8000              # where SIPI vector 8 starts a processor
        .set    EFER, 0xc0000080
        .set    STACK_SIZE, 8192

# Multiboot 0.6.96, 3.1.1. A loader refuses a 64-bit ELF file unless the header says itself where
# the image goes.
        .section .multiboot, "ax"
        .balign 4
multiboot_header:
        .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long   multiboot_header, image_start, image_end, bss_end, multiboot_entry

        .text
        .code32
        .globl  multiboot_entry
multiboot_entry:
        cli
        cld
        movl    $stacks + STACK_SIZE, %esp
        movl    %ebx, multiboot_info_pa

# Identity map: 512 MiB of RAM and the 2 MiB that hold the local APIC, in 2 MiB pages.
        movl    $boot_pdpt + 7, boot_pml4
        movl    $boot_pd + 7, boot_pdpt
        movl    $boot_pd_apic + 7, boot_pdpt + 3 * 8
        movl    $boot_pd, %edi
        movl    $0x87, %eax                     # present, writable, user, 2 MiB
        movl    $256, %ecx
1:      movl    %eax, (%edi)
        addl    $0x200000, %eax
        addl    $8, %edi
        loop    1b
        movl    $0xfee00000 + 0x9b, boot_pd_apic + (0xfee00000 >> 21 & 511) * 8

        lgdt    gdt_pointer
        call    enter_long_mode
        ljmp    $CODE64, $boot64

# Sets the bits that SDM 3A 10.8.5 asks for. 32-bit protected mode in, compatibility mode out.
enter_long_mode:
        movl    %cr4, %eax
        orl     $0x20, %eax                     # PAE
        movl    %eax, %cr4
        movl    $boot_pml4, %eax
        movl    %eax, %cr3
        movl    $EFER, %ecx
        rdmsr
        orl     $0x901, %eax                    # NXE, LME, SCE
        wrmsr
        movl    %cr0, %eax
        orl     $0x80010001, %eax               # PG, WP, PE
        movl    %eax, %cr0
        ret

        .code64
boot64:
        call    load_data_segments
        xorl    %ebp, %ebp
        movl    multiboot_info_pa, %edi
        call    bench_main

load_data_segments:
        movl    $DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        xorl    %eax, %eax
        movw    %ax, %fs
        movw    %ax, %gs
        ret

# The part that smp.c copies to TRAMPOLINE. Real mode, CS = TRAMPOLINE >> 4, so addresses are
# relative to its start until the far jump.
        .code16
        .globl  trampoline_start, trampoline_end
trampoline_start:
        cli
        movw    %cs, %ax
        movw    %ax, %ds
        lgdtl   trampoline_gdt_pointer - trampoline_start
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $CODE32, $ap_protected
        .balign 4
trampoline_gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
trampoline_end:

        .code32
ap_protected:
        movl    $DATA, %eax
        movw    %ax, %ds
        movw    %ax, %ss
        movl    $1, %eax
        lock xaddl %eax, next_cpu               # the order of arrival is the CPU's number here
        movl    %eax, %ebx
        incl    %eax
        imull   $STACK_SIZE, %eax
        leal    stacks(%eax), %esp
        call    enter_long_mode
        ljmp    $CODE64, $ap64

        .code64
ap64:
        call    load_data_segments
        xorl    %ebp, %ebp
        movl    %ebx, %edi
        call    ap_main

        .data
        .balign 16
        .globl  gdt
# SYSRET loads CS from STAR[63:48] + 16 and SS from + 8 (SDM 2B SYSRET): user data comes before user code.
gdt:    .quad   0
        .quad   0x00cf9b000000ffff              # 0x08 32-bit code
        .quad   0x00cf93000000ffff              # 0x10 data
        .quad   0x00af9b000000ffff              # 0x18 64-bit code
        .quad   0x00cff3000000ffff              # 0x20 user data
        .quad   0x00affb000000ffff              # 0x28 64-bit user code
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   gdt
multiboot_info_pa:
        .long   0
next_cpu:
        .long   1

        .bss
        .balign 4096
        .globl  boot_pml4
boot_pml4:      .skip 4096
boot_pdpt:      .skip 4096
boot_pd:        .skip 4096
boot_pd_apic:   .skip 4096
stacks:         .skip 8 * STACK_SIZE
        .section .note.GNU-stack, "", @progbits
