// Assembly; native_gate.h says what each piece does. Offsets of structs come from the compiler.
//
// The frame of native_enter, which a trap unwinds to, has the EntryFrame* at host_stack itself, and above it what the
// host's convention preserves: on x86-64 rbp, rbx, r12 to r15; on AArch64 x19 to x30 and d8 to d15.
#include "runtime/native_gate.h"

#include <cstddef>

namespace hermit::runtime {

#if defined(__x86_64__)

__attribute__((naked)) u64 native_enter(const abi::FuncRef*, EntryFrame*) {
  asm volatile(
      "push %%rbp\n mov %%rsp, %%rbp\n push %%rbx\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n push %%rsi\n"
      "mov %c[execution](%%rsi), %%rax\n"
      "mov %%rsp, %c[host_stack](%%rax)\n"
      "mov %%rdi, %%r11\n"
      "mov %c[stack](%%rsi), %%rsp\n"
      "xor %%ebp, %%ebp\n"  // the end of the frame chain
      "movups %c[floats]+0(%%rsi), %%xmm0\n movups %c[floats]+16(%%rsi), %%xmm1\n"
      "movups %c[floats]+32(%%rsi), %%xmm2\n movups %c[floats]+48(%%rsi), %%xmm3\n"
      "movups %c[floats]+64(%%rsi), %%xmm4\n movups %c[floats]+80(%%rsi), %%xmm5\n"
      "movups %c[floats]+96(%%rsi), %%xmm6\n movups %c[floats]+112(%%rsi), %%xmm7\n"
      "mov 0(%%rsi), %%rax\n mov 8(%%rsi), %%rcx\n mov 16(%%rsi), %%rdx\n mov 32(%%rsi), %%rdi\n"
      "mov 40(%%rsi), %%r8\n mov 48(%%rsi), %%r9\n mov 56(%%rsi), %%r10\n mov 24(%%rsi), %%rsi\n"
      "call *%c[native](%%r11)\n"
      "mov %c[instance_execution](%%r14), %%r11\n"
      "mov %c[host_stack](%%r11), %%rsp\n"
      "mov (%%rsp), %%r11\n"
      "mov %%rax, 0(%%r11)\n mov %%rcx, 8(%%r11)\n mov %%rdx, 16(%%r11)\n mov %%rsi, 24(%%r11)\n"
      "mov %%rdi, 32(%%r11)\n mov %%r8, 40(%%r11)\n mov %%r9, 48(%%r11)\n mov %%r10, 56(%%r11)\n"
      "movups %%xmm0, %c[floats]+0(%%r11)\n movups %%xmm1, %c[floats]+16(%%r11)\n"
      "movups %%xmm2, %c[floats]+32(%%r11)\n movups %%xmm3, %c[floats]+48(%%r11)\n"
      "movups %%xmm4, %c[floats]+64(%%r11)\n movups %%xmm5, %c[floats]+80(%%r11)\n"
      "movups %%xmm6, %c[floats]+96(%%r11)\n movups %%xmm7, %c[floats]+112(%%r11)\n"
      "xor %%eax, %%eax\n"
      "jmp hermit_native_landing\n"
      :
      : [execution] "i"(offsetof(EntryFrame, execution)), [stack] "i"(offsetof(EntryFrame, stack)),
        [floats] "i"(offsetof(EntryFrame, floats)), [host_stack] "i"(offsetof(abi::Execution, host_stack)),
        [native] "i"(offsetof(abi::FuncRef, native)), [instance_execution] "i"(offsetof(abi::Instance, execution)));
}

__attribute__((naked)) void hermit_native_landing() {
  asm volatile(
      "add $8, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
      "ret\n");
}

// All gates note where the guest is, switch stacks, call, and switch back. What they save lies on the guest's stack.
#define HERMIT_HOST_GATE(save, function, restore)                                                                     \
  asm volatile(                                                                                                       \
      "push %%rbp\n mov %%rsp, %%rbp\n sub %[size], %%rsp\n"                                                          \
      "mov %%rax, 0(%%rsp)\n mov %%rcx, 8(%%rsp)\n mov %%rdx, 16(%%rsp)\n mov %%rsi, 24(%%rsp)\n"                     \
      "mov %%rdi, 32(%%rsp)\n mov %%r8, 40(%%rsp)\n mov %%r9, 48(%%rsp)\n mov %%r10, 56(%%rsp)\n" save                \
      "mov %%rbx, 200(%%rsp)\n mov %%r12, 208(%%rsp)\n mov %%r13, 216(%%rsp)\n"                                       \
      "mov %%r11, %%rdi\n mov %%rsp, %%rsi\n mov %%r14, %%rdx\n lea 16(%%rbp), %%rcx\n"                               \
      "mov %c[instance_execution](%%r14), %%rax\n"                                                                    \
      "mov 0(%%rbp), %%r8\n mov %%r8, %c[guest_frame](%%rax)\n"                                                       \
      "mov 8(%%rbp), %%r8\n mov %%r8, %c[guest_pc](%%rax)\n"                                                          \
      "mov %%rsp, %c[guest_stack](%%rax)\n"                                                                           \
      "mov %c[host_stack](%%rax), %%rsp\n"                                                                            \
      "call " function                                                                                                \
      "\n"                                                                                                            \
      "test %%eax, %%eax\n jnz 1f\n" restore                                                                          \
      "1: mov %c[instance_execution](%%r14), %%r11\n"                                                                 \
      "mov %c[host_stack](%%r11), %%rsp\n"                                                                            \
      "jmp hermit_native_landing\n"                                                                                   \
      :                                                                                                               \
      : [size] "i"(sizeof(GateFrame)), [stack_bytes] "i"(offsetof(GateFrame, stack_bytes)),                           \
        [guest_frame] "i"(offsetof(abi::Execution, guest_frame)), [guest_pc] "i"(offsetof(abi::Execution, guest_pc)), \
        [guest_stack] "i"(offsetof(abi::Execution, guest_stack)),                                                     \
        [host_stack] "i"(offsetof(abi::Execution, host_stack)),                                                       \
        [instance_execution] "i"(offsetof(abi::Instance, execution)))

__attribute__((naked)) void hermit_native_host_gate() {
  HERMIT_HOST_GATE(
      "movups %%xmm0, 64(%%rsp)\n movups %%xmm1, 80(%%rsp)\n movups %%xmm2, 96(%%rsp)\n movups %%xmm3, 112(%%rsp)\n"
      "movups %%xmm4, 128(%%rsp)\n movups %%xmm5, 144(%%rsp)\n movups %%xmm6, 160(%%rsp)\n movups %%xmm7, 176(%%rsp)\n",
      "hermit_native_host_call",
      "lea -%c[size](%%rbp), %%rsp\n"
      "movups 64(%%rsp), %%xmm0\n movups 80(%%rsp), %%xmm1\n movups 96(%%rsp), %%xmm2\n movups 112(%%rsp), %%xmm3\n"
      "movups 128(%%rsp), %%xmm4\n movups 144(%%rsp), %%xmm5\n movups 160(%%rsp), %%xmm6\n movups 176(%%rsp), %%xmm7\n"
      "mov 0(%%rsp), %%rax\n mov 8(%%rsp), %%rcx\n mov 16(%%rsp), %%rdx\n mov 24(%%rsp), %%rsi\n"
      "mov 32(%%rsp), %%rdi\n mov 40(%%rsp), %%r8\n mov 48(%%rsp), %%r9\n mov 56(%%rsp), %%r10\n"
      "mov %c[stack_bytes](%%rsp), %%r11\n"
      "leave\n"
      // The return address moves above the arguments, which are the callee's to take away.
      "lea (%%rsp,%%r11), %%r11\n pop (%%r11)\n mov %%r11, %%rsp\n ret\n");
}

__attribute__((naked)) void hermit_native_integer_gate() {
  HERMIT_HOST_GATE("", "hermit_native_integer_call", "mov -%c[size](%%rbp), %%eax\n leave\n ret\n");
}

__attribute__((naked)) void hermit_native_integers_gate() {
  HERMIT_HOST_GATE("mov 16(%%rbp), %%rax\n mov %%rax, 64(%%rsp)\n mov 24(%%rbp), %%rax\n mov %%rax, 72(%%rsp)\n",
                   "hermit_native_integer_call", "mov -%c[size](%%rbp), %%eax\n leave\n ret $16\n");
}

__attribute__((naked)) void hermit_native_exit_gate() {
  asm volatile(
      "push %%rbp\n mov %%rsp, %%rbp\n sub $96, %%rsp\n"
      "mov %%rax, 0(%%rsp)\n mov %%rcx, 8(%%rsp)\n mov %%rdx, 16(%%rsp)\n mov %%rsi, 24(%%rsp)\n"
      "mov %%rdi, 32(%%rsp)\n mov %%r8, 40(%%rsp)\n mov %%r9, 48(%%rsp)\n mov %%r10, 56(%%rsp)\n"
      "mov %%rbx, 64(%%rsp)\n mov %%r12, 72(%%rsp)\n mov %%r13, 80(%%rsp)\n"
      "mov %%rsp, %%rdx\n mov %%r14, %%rdi\n mov %%r11d, %%esi\n"
      "mov %c[instance_execution](%%r14), %%rax\n"
      "mov 0(%%rbp), %%r8\n mov %%r8, %c[guest_frame](%%rax)\n"
      "mov 8(%%rbp), %%r8\n mov %%r8, %c[guest_pc](%%rax)\n"
      "mov %%rsp, %c[guest_stack](%%rax)\n"
      "mov %c[host_stack](%%rax), %%rsp\n"
      "call hermit_native_exit\n"
      "test %%eax, %%eax\n jnz 1f\n"
      "lea -96(%%rbp), %%rsp\n mov (%%rsp), %%rax\n"
      "leave\n ret\n"
      "1: mov %c[instance_execution](%%r14), %%r11\n"
      "cmp $-1, %%eax\n je 2f\n"
      "mov %c[host_stack](%%r11), %%rsp\n"
      "jmp hermit_native_landing\n"
      // Caught: the landing block makes everything else from the frame pointer. The host's stack ends where it did.
      "2: mov %c[guest_frame](%%r11), %%rbp\n"
      "mov %c[exception](%%r11), %%rax\n"
      "jmp *%c[guest_pc](%%r11)\n"
      :
      : [guest_frame] "i"(offsetof(abi::Execution, guest_frame)), [guest_pc] "i"(offsetof(abi::Execution, guest_pc)),
        [guest_stack] "i"(offsetof(abi::Execution, guest_stack)),
        [host_stack] "i"(offsetof(abi::Execution, host_stack)), [exception] "i"(offsetof(abi::Execution, exception)),
        [instance_execution] "i"(offsetof(abi::Instance, execution)));
}

#elif defined(__aarch64__)

__attribute__((naked)) u64 native_enter(const abi::FuncRef*, EntryFrame*) {
  asm volatile(
      "stp x29, x30, [sp, #-160]!\n mov x29, sp\n"
      "stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
      "stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
      "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
      "str x1, [sp, #-16]!\n"
      "ldr x2, [x1, %[execution]]\n"
      "mov x3, sp\n str x3, [x2, %[host_stack]]\n"
      "mov x16, x0\n mov x17, x1\n"
      "ldr x3, [x17, %[stack]]\n mov sp, x3\n"
      "mov x29, xzr\n"  // the end of the frame chain
      "add x1, x17, %[floats]\n"
      "ldp q0, q1, [x1]\n ldp q2, q3, [x1, #32]\n ldp q4, q5, [x1, #64]\n ldp q6, q7, [x1, #96]\n"
      "ldp x0, x1, [x17]\n ldp x2, x3, [x17, #16]\n ldp x4, x5, [x17, #32]\n ldp x6, x7, [x17, #48]\n"
      "ldr x17, [x16, %[native]]\n blr x17\n"
      "ldr x16, [x28, %[instance_execution]]\n"
      "ldr x16, [x16, %[host_stack]]\n mov sp, x16\n"
      "ldr x17, [sp]\n"
      "stp x0, x1, [x17]\n stp x2, x3, [x17, #16]\n stp x4, x5, [x17, #32]\n stp x6, x7, [x17, #48]\n"
      "add x17, x17, %[floats]\n"
      "stp q0, q1, [x17]\n stp q2, q3, [x17, #32]\n stp q4, q5, [x17, #64]\n stp q6, q7, [x17, #96]\n"
      "mov x0, xzr\n"
      "b hermit_native_landing\n"
      :
      : [execution] "i"(offsetof(EntryFrame, execution)), [stack] "i"(offsetof(EntryFrame, stack)),
        [floats] "i"(offsetof(EntryFrame, floats)), [host_stack] "i"(offsetof(abi::Execution, host_stack)),
        [native] "i"(offsetof(abi::FuncRef, native)), [instance_execution] "i"(offsetof(abi::Instance, execution)));
}

__attribute__((naked)) void hermit_native_landing() {
  asm volatile(
      "add sp, sp, #16\n"
      "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
      "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n"
      "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
      "ldp x29, x30, [sp], #160\n"
      "ret\n");
}

// All gates note where the guest is, switch stacks, call, and switch back. What they save lies on the guest's stack.
// The host preserves x28.
#define HERMIT_HOST_GATE(save, function, restore)                                                                     \
  asm volatile(                                                                                                       \
      "stp x29, x30, [sp, #-16]!\n mov x29, sp\n sub sp, sp, %[size]\n"                                               \
      "stp x0, x1, [sp]\n stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n stp x6, x7, [sp, #48]\n" save               \
      "stp x19, x20, [sp, %[preserved]]\n stp x21, x22, [sp, %[preserved] + 16]\n"                                    \
      "stp x23, x24, [sp, %[preserved] + 32]\n stp x25, x26, [sp, %[preserved] + 48]\n"                               \
      "mov x0, x16\n mov x1, sp\n mov x2, x28\n add x3, x29, #16\n"                                                   \
      "ldr x9, [x28, %[instance_execution]]\n"                                                                        \
      "ldp x10, x11, [x29]\n str x10, [x9, %[guest_frame]]\n str x11, [x9, %[guest_pc]]\n"                            \
      "str x1, [x9, %[guest_stack]]\n"                                                                                \
      "ldr x10, [x9, %[host_stack]]\n mov sp, x10\n"                                                                  \
      "bl " function                                                                                                  \
      "\n"                                                                                                            \
      "cbnz x0, 1f\n"                                                                                                 \
      "sub sp, x29, %[size]\n" restore                                                                                \
      "1: ldr x16, [x28, %[instance_execution]]\n"                                                                    \
      "ldr x16, [x16, %[host_stack]]\n mov sp, x16\n"                                                                 \
      "b hermit_native_landing\n"                                                                                     \
      :                                                                                                               \
      : [size] "i"(sizeof(GateFrame)), [stack_bytes] "i"(offsetof(GateFrame, stack_bytes)),                           \
        [preserved] "i"(offsetof(GateFrame, preserved)), [guest_frame] "i"(offsetof(abi::Execution, guest_frame)),    \
        [guest_pc] "i"(offsetof(abi::Execution, guest_pc)), [guest_stack] "i"(offsetof(abi::Execution, guest_stack)), \
        [host_stack] "i"(offsetof(abi::Execution, host_stack)),                                                       \
        [instance_execution] "i"(offsetof(abi::Instance, execution)))

__attribute__((naked)) void hermit_native_host_gate() {
  HERMIT_HOST_GATE("stp q0, q1, [sp, #64]\n stp q2, q3, [sp, #96]\n stp q4, q5, [sp, #128]\n stp q6, q7, [sp, #160]\n",
                   "hermit_native_host_call",
                   "ldp q0, q1, [sp, #64]\n ldp q2, q3, [sp, #96]\n ldp q4, q5, [sp, #128]\n ldp q6, q7, [sp, #160]\n"
                   "ldp x0, x1, [sp]\n ldp x2, x3, [sp, #16]\n ldp x4, x5, [sp, #32]\n ldp x6, x7, [sp, #48]\n"
                   "ldr x16, [sp, %[stack_bytes]]\n"
                   "mov sp, x29\n ldp x29, x30, [sp], #16\n"
                   "add sp, sp, x16\n ret\n");  // the arguments are the callee's to take away
}

__attribute__((naked)) void hermit_native_integer_gate() {
  HERMIT_HOST_GATE("", "hermit_native_integer_call", "ldr w0, [sp]\n mov sp, x29\n ldp x29, x30, [sp], #16\n ret\n");
}

__attribute__((naked)) void hermit_native_integers_gate() {
  HERMIT_HOST_GATE("ldp x10, x11, [x29, #16]\n stp x10, x11, [sp, #64]\n", "hermit_native_integer_call",
                   "ldr w0, [sp]\n mov sp, x29\n ldp x29, x30, [sp], #32\n ret\n");
}

__attribute__((naked)) void hermit_native_exit_gate() {
  asm volatile(
      "stp x29, x30, [sp, #-16]!\n mov x29, sp\n sub sp, sp, #128\n"
      "stp x0, x1, [sp]\n stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n stp x6, x7, [sp, #48]\n"
      "stp x19, x20, [sp, #64]\n stp x21, x22, [sp, #80]\n stp x23, x24, [sp, #96]\n stp x25, x26, [sp, #112]\n"
      "mov x0, x28\n mov w1, w16\n mov x2, sp\n"
      "ldr x9, [x28, %[instance_execution]]\n"
      "ldp x10, x11, [x29]\n str x10, [x9, %[guest_frame]]\n str x11, [x9, %[guest_pc]]\n"
      "str x2, [x9, %[guest_stack]]\n"
      "ldr x10, [x9, %[host_stack]]\n mov sp, x10\n"
      "bl hermit_native_exit\n"
      "cbnz x0, 1f\n"
      "sub sp, x29, #128\n ldr x0, [sp]\n"
      "mov sp, x29\n ldp x29, x30, [sp], #16\n"
      "ret\n"
      "1: ldr x16, [x28, %[instance_execution]]\n"
      "cmn w0, #1\n b.eq 2f\n"
      "ldr x16, [x16, %[host_stack]]\n mov sp, x16\n"
      "b hermit_native_landing\n"
      // Caught: the landing block makes everything else from the frame pointer. The host's stack ends where it did.
      "2: ldr x29, [x16, %[guest_frame]]\n"
      "ldr x0, [x16, %[exception]]\n"
      "ldr x17, [x16, %[guest_pc]]\n br x17\n"
      :
      : [guest_frame] "i"(offsetof(abi::Execution, guest_frame)), [guest_pc] "i"(offsetof(abi::Execution, guest_pc)),
        [guest_stack] "i"(offsetof(abi::Execution, guest_stack)),
        [host_stack] "i"(offsetof(abi::Execution, host_stack)), [exception] "i"(offsetof(abi::Execution, exception)),
        [instance_execution] "i"(offsetof(abi::Instance, execution)));
}

#else

// Other machines: load_native() refuses every image, so none of these is ever reached.
u64 native_enter(const abi::FuncRef*, EntryFrame*) { __builtin_trap(); }
void hermit_native_landing() { __builtin_trap(); }
void hermit_native_host_gate() { __builtin_trap(); }
void hermit_native_integer_gate() { __builtin_trap(); }
void hermit_native_integers_gate() { __builtin_trap(); }
void hermit_native_exit_gate() { __builtin_trap(); }

#endif

}  // namespace hermit::runtime
