use spanwright::instrument;

#[instrument]
#[unsafe(naked)]
extern "C" fn returns() {
    core::arch::naked_asm!("ret")
}

fn main() {}
