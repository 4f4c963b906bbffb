// What scan.cu needs of CUDA, as C++: blocks run one after the other, and the threads of a block as
// fibers of one thread, each up to the next barrier in turn. Put before the kernels' text.
#define EMULATED
#define INLINE static inline
#define UNROLL
#define SHARED static
#define KERNEL(name, Arguments)                                                              \
  static void name(const Arguments s);                                                       \
  extern "C" void name##_emulated(const void* s) { name(*(const Arguments*)s); }             \
  static void name(const Arguments s)

#define ROOMY_KERNEL(name, Arguments) KERNEL(name, Arguments)

#include <math.h>
#include <setjmp.h>
#include <string.h>
#include <ucontext.h>

#include <cstdlib>

struct Index {
  unsigned x, y, z;
};

static Index threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {
const int MOST = 1024;
const int STACK = 1 << 16;

struct Fiber {
  ucontext_t context;
  sigjmp_buf at;
  bool started, done;
};

static Fiber fibers[MOST];
static sigjmp_buf scheduler;
static ucontext_t starter;
static unsigned running;
static void (*entry)(const void*);
static const void* arguments;

static void leave() {
  if (!_setjmp(fibers[running].at)) _longjmp(scheduler, 1);
}

static void live() {  // one block after the other
  for (;;) {
    entry(arguments);
    fibers[running].done = true;
    leave();
  }
}

static void resume(unsigned i) {
  running = i;
  threadIdx = {i, 0, 0};
  if (_setjmp(scheduler)) return;
  Fiber& fiber = fibers[i];
  if (fiber.started) _longjmp(fiber.at, 1);
  fiber.started = true;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = malloc(STACK);
  fiber.context.uc_stack.ss_size = STACK;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, live, 0);
  swapcontext(&starter, &fiber.context);
}
}  // namespace emulation

static void __syncthreads() { emulation::leave(); }

// Runs a kernel; false if its threads do not all come to the same barriers.
extern "C" bool emulate(
    void (*entry)(const void*), unsigned x, unsigned y, unsigned z, unsigned threads,
    const void* arguments) {
  using namespace emulation;
  if (threads > (unsigned)MOST) return false;
  emulation::entry = entry;
  emulation::arguments = arguments;
  gridDim = {x, y, z};
  blockDim = {threads, 1, 1};
  for (blockIdx.z = 0; blockIdx.z < z; blockIdx.z++) {
    for (blockIdx.y = 0; blockIdx.y < y; blockIdx.y++) {
      for (blockIdx.x = 0; blockIdx.x < x; blockIdx.x++) {
        for (unsigned i = 0; i < threads; i++) fibers[i].done = false;
        for (unsigned done = 0; done < threads;) {
          done = 0;
          for (unsigned i = 0; i < threads; i++) {
            resume(i);
            done += fibers[i].done;
          }
          if (done > 0 && done < threads) return false;
        }
      }
    }
  }
  return true;
}

static inline float exp2_fast(float x) { return exp2f(x); }

static inline unsigned bits_of(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits;
}

static inline float float_of(unsigned bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

template <class T>
static inline T __ldg(const T* p) {
  return *p;
}

static inline float from_half(unsigned short half) {
  unsigned sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
  if (exponent == 0) return copysignf(ldexpf((float)mantissa, -24), float_of(sign));
  if (exponent == 31) return float_of(sign | 0x7f800000u | mantissa << 13);
  return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
}

static inline unsigned short to_half(float x) {  // to nearest, ties to even
  unsigned short sign = bits_of(x) >> 16 & 0x8000u;
  float size = fabsf(x);
  if (size != size) return sign | 0x7e00u;
  if (size >= 65520.f) return sign | 0x7c00u;
  if (size < 6.103515625e-5f) return sign | (unsigned short)rintf(ldexpf(size, 24));
  unsigned bits = bits_of(size);
  unsigned rounded = bits + 0xfffu + (bits >> 13 & 1u);
  return sign | (unsigned short)((rounded >> 13) - (112u << 10));
}
