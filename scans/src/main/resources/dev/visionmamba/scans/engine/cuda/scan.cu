// The selective scan and the causal convolution on a GPU, forward and backward.
//
// It includes nothing, so that NVRTC needs no headers. ELEMENT says what token arrays are made of: 0
// float32, 1 float16, 2 bfloat16; parameters, states, sums and a scan's output are float32. A test compiles the same text as C++, with a header that stands in for CUDA's own words.
//
// Every argument structure holds 8-byte fields alone, in the order in which Java writes them.
//
// A direction's steps are cut into tiles of STEPS steps and the tiles into chunks. A thread has a
// channel of a chunk of a sequence: what one tile needs is in its registers, a state is taken from
// memory at the start of a tile and put back at its end. With one chunk a sequence is walked in one
// pass. With more, a first pass walks every chunk from the state zero, a carry runs over the chunks
// (a chunk multiplies the state before it by exp(A times the sum of its step sizes)), and a second
// pass walks every chunk from the state that is now known. Backward alike, from the end.
//
// No two threads add to one place, and partial sums are added in a fixed order: the results are the
// same every time.

#define STEPS 16
#define BLOCK 128

typedef long long i64;

#ifdef EMULATED
#define INLINE static inline
#define UNROLL
#else
#define INLINE static __device__ __forceinline__
#define SHARED __shared__
#define UNROLL _Pragma("unroll")
#define KERNEL(name, Arguments) \
  extern "C" __global__ void __launch_bounds__(BLOCK) name(const Arguments s)
// For want of registers the compiler would spill some of this one, to fit more of its blocks.
#define ROOMY_KERNEL(name, Arguments) \
  extern "C" __global__ void __launch_bounds__(BLOCK, 1) name(const Arguments s)

INLINE float exp2_fast(float x) {  // relative error 2^-22
  float y;
  asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

INLINE float from_half(unsigned short bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}

INLINE unsigned short to_half(float x) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

INLINE unsigned bits_of(float x) { return __float_as_uint(x); }

INLINE float float_of(unsigned bits) { return __uint_as_float(bits); }
#endif

#if ELEMENT == 0
typedef float element;

INLINE float to_float(element x) { return x; }

INLINE element to_element(float x) { return x; }
#else
typedef unsigned short element;

#if ELEMENT == 1
INLINE float to_float(element x) { return from_half(x); }

INLINE element to_element(float x) { return to_half(x); }
#else
INLINE float to_float(element x) { return float_of((unsigned)x << 16); }

INLINE element to_element(float x) {  // rounds to nearest, ties to even; a NaN stays one
  unsigned bits = bits_of(x);
  unsigned rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return (element)((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : rounded);
}
#endif
#endif

// An operand, which nothing writes while a kernel runs.
INLINE float load(const element* p, i64 i) { return to_float(__ldg(p + i)); }

#if ELEMENT != 0
INLINE float load(const float* p, i64 i) { return __ldg(p + i); }
#endif

INLINE void store(element* p, i64 i, float x) { p[i] = to_element(x); }

// Adds to a gradient.
INLINE void accumulate(element* p, i64 i, float x) { p[i] = to_element(to_float(p[i]) + x); }

// Every thread of the grid takes an element, then the one as many further as there are threads.
#define FOR_EACH(i, all)                                          \
  for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < all; \
       i += (i64)gridDim.x * blockDim.x)

#define LOG2E 1.442695040888963f
#define LN2 0.6931471805599453f

// 2^x - 1. Next to zero a series, which keeps what an exponential next to one would round away: a
// state that decays slowly is multiplied by it many times. What a step changes of a state is summed
// before it is added, for the same reason.
INLINE float exp2_minus_1(float x) {
  float z = x * LN2;
  float series =
      z * (1.f + z * (0.5f + z * (0.16666667f + z * (0.041666667f + z * 0.0083333333f))));
  return fabsf(x) < 0.25f ? series : exp2_fast(x) - 1.f;
}

// log(1 + exp(x))
INLINE float softplus(float x) { return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x))); }

INLINE float sigmoid(float x) { return 1.f / (1.f + expf(-x)); }

INLINE float silu(float x) { return x * sigmoid(x); }

INLINE float silu_derivative(float x) {
  float g = sigmoid(x);
  return g + x * g * (1.f - g);
}

// A direction of a scan. Columns of token arrays are given by the address of the first and the
// width of a row.
struct Scan {
  i64 batch, steps, channels, states, groups, rank, use_softplus;
  i64 chunks, chunk_tiles;  // how many chunks, of how many tiles
  const int* path;
  const int* parameter_path;
  i64 tokens, parameter_tokens;
  const element* u;
  i64 u_width;
  const element* delta;  // rank columns where there is a weight
  i64 delta_width;
  const element* b;
  i64 b_width;
  const element* c;
  i64 c_width;
  const float* a;       // (D, N)
  const float* skip;    // (D) or null
  const float* bias;    // (D) or null
  const float* weight;  // (D, R) or null
  float* state;         // (B, slots, N, D): that before each tile is kept, or one a chunk
  i64 slots, slot_tiles, keeps_tiles;
  float* delta_sums;  // (B, chunks, D)
  float* sum;         // (B, L, D), over the directions
  i64 begins;         // whether the sum holds nothing yet
  float* output;      // (B, L, D), given to the direction that finishes it, else null
  const element* gate;
  i64 gate_width;
  i64 keeps_sum;
  double scale;
  const float* sum_gradient;  // (B, L, D)
  float* adjoint;             // (B, chunks, N, D)
  element* u_gradient;        // rows of u_width, added to; null if u_parts is given
  element* delta_gradient;    // rows of delta_width, added to, where there is no weight
  float* u_parts;             // (B, T, D)
  float* b_parts;             // (parts of a group, B, T, G N)
  float* c_parts;
  float* delta_parts;     // (blocks, B, T, R)
  float* parameter_rows;  // (B chunks, N + 2 + R, D): of A, D, the bias, the weight
};

// What a thread works on: a channel of a group. An idle thread reads another's, to no effect.
struct Place {
  i64 group, part, channel;
  bool active;
};

INLINE Place place(const Scan& s) {
  i64 group_channels = s.channels / s.groups;
  i64 parts = (group_channels + blockDim.x - 1) / blockDim.x;
  Place at;
  at.group = blockIdx.x / parts;
  at.part = blockIdx.x % parts;
  i64 within = at.part * blockDim.x + threadIdx.x;
  at.active = within < group_channels;
  at.channel = at.group * group_channels + (at.active ? within : 0);
  return at;
}

INLINE i64 tiles(const Scan& s) { return (s.steps + STEPS - 1) / STEPS; }

INLINE i64 last_tile(const Scan& s) {  // of this block's chunk, exclusive
  i64 end = (blockIdx.y + 1) * s.chunk_tiles;
  return end < tiles(s) ? end : tiles(s);
}

INLINE int steps_of(const Scan& s, i64 tile) {
  i64 left = s.steps - tile * STEPS;
  return left < STEPS ? (int)left : STEPS;
}

INLINE i64 state_at(const Scan& s, i64 sequence, i64 tile, i64 n, i64 channel) {
  return ((sequence * s.slots + tile / s.slot_tiles) * s.states + n) * s.channels + channel;
}

INLINE i64 adjoint_at(const Scan& s, i64 sequence, i64 chunk, i64 n, i64 channel) {
  return ((sequence * s.chunks + chunk) * s.states + n) * s.channels + channel;
}

// The operands of a place in one sequence; what is within a sequence has 32-bit indices.
struct Operands {
  const element* u;
  const element* delta;
  const element* b;
  const element* c;
  int u_width, delta_width, b_width, c_width;
};

INLINE Operands operands(const Scan& s, const Place& at, i64 sequence) {
  i64 row = sequence * s.parameter_tokens;
  Operands of;
  of.u = s.u + sequence * s.tokens * s.u_width + at.channel;
  of.delta = s.delta + row * s.delta_width + (s.weight ? 0 : at.channel);
  of.b = s.b + row * s.b_width + at.group * s.states;
  of.c = s.c + row * s.c_width + at.group * s.states;
  of.u_width = (int)s.u_width;
  of.delta_width = (int)s.delta_width;
  of.b_width = (int)s.b_width;
  of.c_width = (int)s.c_width;
  return of;
}

// The rows of a tile's parameters.
INLINE void read_rows(const Scan& s, i64 tile, int count, int* rows) {
  UNROLL
  for (int t = 0; t < STEPS; t++) {
    rows[t] = t < count ? __ldg(s.parameter_path + tile * STEPS + t) : 0;
  }
}

// The step sizes of a tile; zero behind its end.
INLINE void read_delta(
    const Scan& s, const Operands& of, i64 channel, const int* rows, int count, float* delta) {
  float bias = s.bias ? load(s.bias, channel) : 0.f;
  UNROLL
  for (int t = 0; t < STEPS; t++) {
    delta[t] = 0.f;
    if (t < count && !s.weight) {
      delta[t] = load(of.delta, rows[t] * of.delta_width);
    }
  }
  if (s.weight) {
    for (i64 r = 0; r < s.rank; r++) {
      float w = load(s.weight, channel * s.rank + r);
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        if (t < count) {
          delta[t] += w * load(of.delta, rows[t] * of.delta_width + (int)r);
        }
      }
    }
  }
  UNROLL
  for (int t = 0; t < STEPS; t++) {
    if (t < count) {
      float biased = delta[t] + bias;
      delta[t] = s.use_softplus ? softplus(biased) : biased;
    }
  }
}

INLINE int token(const Scan& s, i64 tile, int t) { return __ldg(s.path + tile * STEPS + t); }

// First pass: the states that the chunks end with if they start from zero, and the sums of their
// step sizes.
KERNEL(scan_local, Scan) {
  Place at = place(s);
  if (!at.active) return;
  i64 first = blockIdx.y * s.chunk_tiles;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    Operands of = operands(s, at, sequence);
    float delta_sum = 0.f;
    for (i64 tile = first; tile < last_tile(s); tile++) {
      int count = steps_of(s, tile);
      int rows[STEPS];
      float delta[STEPS], delta_u[STEPS];
      read_rows(s, tile, count, rows);
      read_delta(s, of, at.channel, rows, count, delta);
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        delta_u[t] = 0.f;
        if (t < count) {
          delta_sum += delta[t];
          delta_u[t] = delta[t] * load(of.u, token(s, tile, t) * of.u_width);
        }
      }
      for (i64 n = 0; n < s.states; n++) {
        float* state = s.state + state_at(s, sequence, first, n, at.channel);
        float h = tile == first ? 0.f : *state;
        float log_decay = load(s.a, at.channel * s.states + n) * LOG2E;
        UNROLL
        for (int t = 0; t < STEPS; t++) {
          if (t < count) {
            h += exp2_minus_1(delta[t] * log_decay) * h
                + delta_u[t] * load(of.b, rows[t] * of.b_width + (int)n);
          }
        }
        *state = h;
      }
    }
    s.delta_sums[(sequence * s.chunks + blockIdx.y) * s.channels + at.channel] = delta_sum;
  }
}

// Between the passes, one thread a channel and state: what a chunk ends with becomes what it starts
// with.
KERNEL(scan_carry, Scan) {
  i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x;
  if (i >= s.states * s.channels) return;
  i64 n = i / s.channels, channel = i % s.channels;
  float log_decay = load(s.a, channel * s.states + n) * LOG2E;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    float h = 0.f;
    for (i64 chunk = 0; chunk < s.chunks; chunk++) {
      float* state = s.state + state_at(s, sequence, chunk * s.chunk_tiles, n, channel);
      float local = *state;
      float delta_sum = s.delta_sums[(sequence * s.chunks + chunk) * s.channels + channel];
      *state = h;
      h = h + exp2_minus_1(delta_sum * log_decay) * h + local;
    }
  }
}

// The same from the end, for the adjoints.
KERNEL(adjoint_carry, Scan) {
  i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x;
  if (i >= s.states * s.channels) return;
  i64 n = i / s.channels, channel = i % s.channels;
  float log_decay = load(s.a, channel * s.states + n) * LOG2E;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    float e = 0.f;
    for (i64 chunk = s.chunks - 1; chunk >= 0; chunk--) {
      float* adjoint = s.adjoint + adjoint_at(s, sequence, chunk, n, channel);
      float local = *adjoint;
      float delta_sum = s.delta_sums[(sequence * s.chunks + chunk) * s.channels + channel];
      *adjoint = e;
      e = e + exp2_minus_1(delta_sum * log_decay) * e + local;
    }
  }
}

// The only or the second pass: the outputs.
KERNEL(scan_forward, Scan) {
  Place at = place(s);
  if (!at.active) return;
  i64 first = blockIdx.y * s.chunk_tiles, end = last_tile(s);
  float skip = s.skip ? load(s.skip, at.channel) : 0.f;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    Operands of = operands(s, at, sequence);
    for (i64 tile = first; tile < end; tile++) {
      int count = steps_of(s, tile);
      int rows[STEPS];
      float delta[STEPS], delta_u[STEPS], y[STEPS];
      read_rows(s, tile, count, rows);
      read_delta(s, of, at.channel, rows, count, delta);
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        delta_u[t] = y[t] = 0.f;
        if (t < count) {
          float u = load(of.u, token(s, tile, t) * of.u_width);
          delta_u[t] = delta[t] * u;
          y[t] = s.skip ? skip * u : 0.f;
        }
      }
      for (i64 n = 0; n < s.states; n++) {
        float h = tile == 0 ? 0.f : s.state[state_at(s, sequence, tile, n, at.channel)];
        float log_decay = load(s.a, at.channel * s.states + n) * LOG2E;
        UNROLL
        for (int t = 0; t < STEPS; t++) {
          if (t < count) {
            h += exp2_minus_1(delta[t] * log_decay) * h
                + delta_u[t] * load(of.b, rows[t] * of.b_width + (int)n);
            y[t] += h * load(of.c, rows[t] * of.c_width + (int)n);
          }
        }
        // What the next chunk starts with is that chunk's.
        if (tile + 1 < end) {
          s.state[state_at(s, sequence, tile + 1, n, at.channel)] = h;
        } else if (!s.keeps_tiles) {
          s.state[state_at(s, sequence, tile, n, at.channel)] = h;
        }
      }
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        if (t < count) {
          i64 row = sequence * s.tokens + token(s, tile, t);
          i64 i = row * s.channels + at.channel;
          float sum = s.begins ? y[t] : s.sum[i] + y[t];
          if (!s.output || s.keeps_sum) {
            s.sum[i] = sum;
          }
          if (s.output) {
            sum *= (float)s.scale;
            float z = s.gate ? load(s.gate, row * s.gate_width + at.channel) : 0.f;
            s.output[i] = s.gate ? sum * silu(z) : sum;
          }
        }
      }
    }
  }
}

// What all directions share.
struct Merge {
  i64 rows, channels;  // B L, D
  const float* sum;    // (B L, D)
  float* output;       // (B L, D)
  const element* gate;
  i64 gate_width;
  double scale;
  const float* output_gradient;  // (B L, D)
  float* sum_gradient;             // (B L, D)
  element* gate_gradient;          // rows of gate_width, added to, or null
};

// Where no direction finishes the output.
KERNEL(merge, Merge) {
  i64 all = s.rows * s.channels;
  FOR_EACH(i, all) {
    float y = s.sum[i] * (float)s.scale;
    i64 z = i / s.channels * s.gate_width + i % s.channels;
    s.output[i] = s.gate ? y * silu(load(s.gate, z)) : y;
  }
}

KERNEL(merge_backward, Merge) {
  i64 all = s.rows * s.channels;
  FOR_EACH(i, all) {
    float dy = load(s.output_gradient, i) * (float)s.scale;
    if (s.gate) {
      i64 at = i / s.channels * s.gate_width + i % s.channels;
      float z = load(s.gate, at);
      accumulate(s.gate_gradient, at, dy * s.sum[i] * silu_derivative(z));
      dy *= silu(z);
    }
    s.sum_gradient[i] = dy;
  }
}

// First pass backward: what the chunks hand to the chunk before if they are handed zero.
ROOMY_KERNEL(adjoint_local, Scan) {
  Place at = place(s);
  if (!at.active) return;
  i64 first = blockIdx.y * s.chunk_tiles, end = last_tile(s);
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    Operands of = operands(s, at, sequence);
    const float* sum_gradient = s.sum_gradient + sequence * s.tokens * s.channels + at.channel;
    float delta_sum = 0.f;
    for (i64 tile = end - 1; tile >= first; tile--) {
      int count = steps_of(s, tile);
      int rows[STEPS];
      float delta[STEPS], dy[STEPS];
      read_rows(s, tile, count, rows);
      read_delta(s, of, at.channel, rows, count, delta);
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        dy[t] = 0.f;
        if (t < count) {
          delta_sum += delta[t];
          dy[t] = sum_gradient[token(s, tile, t) * (int)s.channels];
        }
      }
      for (i64 n = 0; n < s.states; n++) {
        float* adjoint = s.adjoint + adjoint_at(s, sequence, blockIdx.y, n, at.channel);
        float e = tile == end - 1 ? 0.f : *adjoint;
        float log_decay = load(s.a, at.channel * s.states + n) * LOG2E;
        UNROLL
        for (int t = STEPS - 1; t >= 0; t--) {
          if (t < count) {
            float dh = e + dy[t] * load(of.c, rows[t] * of.c_width + (int)n);
            e = dh + exp2_minus_1(delta[t] * log_decay) * dh;
          }
        }
        *adjoint = e;
      }
    }
    s.delta_sums[(sequence * s.chunks + blockIdx.y) * s.channels + at.channel] = delta_sum;
  }
}

// The sums over the block's threads of the 2 STEPS rows that they have written, to two columns of
// rows a step; the second may be null.
INLINE void add_up(
    float (*rows)[BLOCK + 1], float (*sums)[2 * STEPS], int count, float* to, float* second,
    i64 width) {
  __syncthreads();
  int row = threadIdx.x % (2 * STEPS), part = threadIdx.x / (2 * STEPS);
  float sum = 0.f;
  for (int i = 0; i < 2 * STEPS; i++) {
    sum += rows[row][part * 2 * STEPS + i];
  }
  sums[part][row] = sum;
  __syncthreads();
  if (threadIdx.x < 2 * STEPS) {
    for (unsigned other = 1; other < blockDim.x / (2 * STEPS); other++) {
      sum += sums[other][row];
    }
    float* column = row < STEPS ? to : second;
    if (column && row % STEPS < count) {
      column[row % STEPS * width] = sum;
    }
  }
}

INLINE void add(float* sum, bool begins, float x) { *sum = begins ? x : *sum + x; }

// The only or the second pass backward: states are computed once more from those before the tiles.
KERNEL(scan_backward, Scan) {
  SHARED float shared[2 * STEPS][BLOCK + 1];
  SHARED float sums[BLOCK / (2 * STEPS)][2 * STEPS];
  Place at = place(s);
  i64 first = blockIdx.y * s.chunk_tiles, end = last_tile(s);
  float skip = s.skip ? load(s.skip, at.channel) : 0.f;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    Operands of = operands(s, at, sequence);
    const float* sum_gradient = s.sum_gradient + sequence * s.tokens * s.channels + at.channel;
    float* parameters = s.parameter_rows
        + (sequence * s.chunks + blockIdx.y) * (s.states + 2 + s.rank) * s.channels + at.channel;
    float skip_gradient = 0.f, bias_gradient = 0.f;
    for (i64 tile = end - 1; tile >= first; tile--) {
      bool begins = tile == end - 1;
      int count = steps_of(s, tile);
      int rows[STEPS];
      float delta[STEPS], u[STEPS], dy[STEPS], input_sum[STEPS], decay_sum[STEPS];
      read_rows(s, tile, count, rows);
      read_delta(s, of, at.channel, rows, count, delta);
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        u[t] = dy[t] = input_sum[t] = decay_sum[t] = 0.f;
        if (t < count) {
          int row = token(s, tile, t);
          u[t] = load(of.u, row * of.u_width);
          dy[t] = sum_gradient[row * (int)s.channels];
        }
      }
      for (i64 n = 0; n < s.states; n++) {
        float a = load(s.a, at.channel * s.states + n);
        float start = tile == 0 ? 0.f : s.state[state_at(s, sequence, tile, n, at.channel)];
        float after[STEPS], decay[STEPS];
        float h = start;
        UNROLL
        for (int t = 0; t < STEPS; t++) {
          after[t] = decay[t] = 0.f;
          if (t < count) {
            decay[t] = exp2_minus_1(delta[t] * (a * LOG2E));
            h += decay[t] * h + delta[t] * u[t] * load(of.b, rows[t] * of.b_width + (int)n);
            after[t] = h;
          }
        }
        float* adjoint = s.adjoint + adjoint_at(s, sequence, blockIdx.y, n, at.channel);
        float e = begins && s.chunks == 1 ? 0.f : *adjoint;
        float a_gradient = 0.f;
        UNROLL
        for (int t = STEPS - 1; t >= 0; t--) {
          if (t < count) {
            float dh = e + dy[t] * load(of.c, rows[t] * of.c_width + (int)n);
            shared[t][threadIdx.x] = at.active ? dh * delta[t] * u[t] : 0.f;
            shared[STEPS + t][threadIdx.x] = at.active ? dy[t] * after[t] : 0.f;
            input_sum[t] += dh * load(of.b, rows[t] * of.b_width + (int)n);
            e = dh + decay[t] * dh;
            float product = e * (t == 0 ? start : after[t - 1]);
            decay_sum[t] += product * a;
            a_gradient += product * delta[t];
          } else {
            shared[t][threadIdx.x] = shared[STEPS + t][threadIdx.x] = 0.f;
          }
        }
        i64 row = (at.part * s.batch + sequence) * s.steps + tile * STEPS;
        i64 column = row * s.groups * s.states + at.group * s.states + n;
        add_up(shared, sums, count, s.b_parts + column, s.c_parts + column, s.groups * s.states);
        if (at.active) {
          *adjoint = e;
          add(parameters + n * s.channels, begins, a_gradient);
        }
      }
      UNROLL
      for (int t = 0; t < STEPS; t++) {
        if (t < count) {
          float du = (s.skip ? skip * dy[t] : 0.f) + delta[t] * input_sum[t];
          float ddelta = decay_sum[t] + u[t] * input_sum[t];
          decay_sum[t] = s.use_softplus ? ddelta * -expm1f(-delta[t]) : ddelta;
          skip_gradient += dy[t] * u[t];
          bias_gradient += decay_sum[t];
          if (at.active) {
            if (s.u_parts) {
              s.u_parts[(sequence * s.steps + tile * STEPS + t) * s.channels + at.channel] = du;
            } else {
              i64 row = sequence * s.tokens + token(s, tile, t);
              i64 i = row * s.u_width + at.channel;
              accumulate(s.u_gradient, i, du);
            }
            if (!s.weight) {
              i64 row = sequence * s.parameter_tokens + rows[t];
              i64 i = row * s.delta_width + at.channel;
              accumulate(s.delta_gradient, i, decay_sum[t]);
            }
          }
        }
      }
      for (i64 r = 0; r < s.rank; r += 2) {
        for (int half = 0; half < 2; half++) {
          bool exists = at.active && r + half < s.rank;
          float w = exists ? load(s.weight, at.channel * s.rank + r + half) : 0.f;
          float weight_gradient = 0.f;
          UNROLL
          for (int t = 0; t < STEPS; t++) {
            shared[half * STEPS + t][threadIdx.x] = exists ? decay_sum[t] * w : 0.f;
            if (exists && t < count) {
              float dt = load(of.delta, rows[t] * of.delta_width + (int)r + half);
              weight_gradient += decay_sum[t] * dt;
            }
          }
          if (exists) {
            add(parameters + (s.states + 2 + r + half) * s.channels, begins, weight_gradient);
          }
        }
        i64 row = (blockIdx.x * s.batch + sequence) * s.steps + tile * STEPS;
        float* column = s.delta_parts + row * s.rank + r;
        add_up(shared, sums, count, column, r + 1 < s.rank ? column + 1 : (float*)0, s.rank);
      }
    }
    if (at.active) {
      parameters[s.states * s.channels] = skip_gradient;
      parameters[(s.states + 1) * s.channels] = bias_gradient;
    }
  }
}

// Partial sums of what belongs to steps, added to the rows of their tokens.
struct Parts {
  const float* values;  // (parts, B, T, columns)
  i64 parts, batch, steps, columns;
  const int* path;
  i64 tokens;
  element* gradient;  // rows of width
  i64 width;
};

KERNEL(add_parts, Parts) {
  i64 part = s.batch * s.steps * s.columns;
  FOR_EACH(i, part) {
    float sum = 0.f;
    for (i64 p = 0; p < s.parts; p++) {
      sum += s.values[p * part + i];
    }
    i64 step = i / s.columns;
    i64 row = step / s.steps * s.tokens + s.path[step % s.steps];
    i64 to = row * s.width + i % s.columns;
    accumulate(s.gradient, to, sum);
  }
}

// Partial sums of what belongs to channels, added to a parameter's gradient.
struct Rows {
  const float* values;  // (rows, row_columns, D), from the first column of the parameter
  i64 rows, row_columns, columns, channels;
  float* gradient;  // (D, columns)
};

KERNEL(add_rows, Rows) {
  i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x;
  if (i >= s.columns * s.channels) return;
  double sum = 0.0;
  for (i64 row = 0; row < s.rows; row++) {
    sum += s.values[row * s.row_columns * s.channels + i];
  }
  i64 to = i % s.channels * s.columns + i / s.channels;
  s.gradient[to] += (float)sum;
}

// The causal convolution: out[t] = SiLU(bias + sum over k of weight[k] x[t - (K-1) + k]).
struct Convolution {
  i64 batch, steps, channels, taps;
  const int* path;
  const element* x;
  i64 x_width;
  const float* weight;  // (D, K)
  const float* bias;    // (D) or null
  element* output;      // (B, L, D)
  const element* output_gradient;
  float* sum_gradient;  // (B, T, D), by steps
  element* x_gradient;  // rows of x_width, added to
  i64 segment;          // how many steps a thread sums for the parameters
  float* parameter_rows;  // (B segments, K + 1, D)
};

// bias + sum over k of weight[k] x[t - (K-1) + k]
INLINE float convolved(const Convolution& s, i64 sequence, i64 t, i64 channel) {
  float sum = s.bias ? load(s.bias, channel) : 0.f;
  for (i64 k = 0; k < s.taps; k++) {
    i64 step = t - (s.taps - 1) + k;
    if (step >= 0) {
      i64 row = sequence * s.steps + s.path[step];
      sum += load(s.weight, channel * s.taps + k) * load(s.x, row * s.x_width + channel);
    }
  }
  return sum;
}

KERNEL(convolve, Convolution) {
  i64 all = s.batch * s.steps * s.channels;
  FOR_EACH(i, all) {
    i64 channel = i % s.channels, t = i / s.channels % s.steps;
    i64 sequence = i / s.channels / s.steps;
    i64 to = (sequence * s.steps + s.path[t]) * s.channels + channel;
    store(s.output, to, silu(convolved(s, sequence, t, channel)));
  }
}

// The gradients of the sums.
KERNEL(convolve_sum_backward, Convolution) {
  i64 all = s.batch * s.steps * s.channels;
  FOR_EACH(i, all) {
    i64 channel = i % s.channels, t = i / s.channels % s.steps;
    i64 sequence = i / s.channels / s.steps;
    i64 from = (sequence * s.steps + s.path[t]) * s.channels + channel;
    float derivative = silu_derivative(convolved(s, sequence, t, channel));
    s.sum_gradient[i] = load(s.output_gradient, from) * derivative;
  }
}

KERNEL(convolve_input_backward, Convolution) {
  i64 all = s.batch * s.steps * s.channels;
  FOR_EACH(i, all) {
    i64 channel = i % s.channels, t = i / s.channels % s.steps;
    i64 sequence = i / s.channels / s.steps;
    float sum = 0.f;
    for (i64 k = 0; k < s.taps; k++) {
      i64 step = t + (s.taps - 1) - k;
      if (step < s.steps) {
        sum += load(s.weight, channel * s.taps + k)
            * s.sum_gradient[(sequence * s.steps + step) * s.channels + channel];
      }
    }
    i64 to = (sequence * s.steps + s.path[t]) * s.x_width + channel;
    accumulate(s.x_gradient, to, sum);
  }
}

// Of the weight and the bias, over the steps of a segment.
KERNEL(convolve_parameters_backward, Convolution) {
  i64 channel = blockIdx.x * (i64)blockDim.x + threadIdx.x;
  if (channel >= s.channels) return;
  i64 segments = (s.steps + s.segment - 1) / s.segment;
  i64 start = blockIdx.y * s.segment;
  i64 end = start + s.segment < s.steps ? start + s.segment : s.steps;
  for (i64 sequence = blockIdx.z; sequence < s.batch; sequence += gridDim.z) {
    float* row = s.parameter_rows
        + (sequence * segments + blockIdx.y) * (s.taps + 1) * s.channels + channel;
    for (i64 k = 0; k <= s.taps; k++) {  // the last is the bias
      float sum = 0.f;
      for (i64 t = start; t < end; t++) {
        float ds = s.sum_gradient[(sequence * s.steps + t) * s.channels + channel];
        i64 step = t - (s.taps - 1) + k;
        if (k == s.taps) {
          sum += ds;
        } else if (step >= 0) {
          sum += ds * load(s.x, (sequence * s.steps + s.path[step]) * s.x_width + channel);
        }
      }
      row[k * s.channels] = sum;
    }
  }
}
