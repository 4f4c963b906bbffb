// The parts of CUDA's driver and of NVRTC that the engine calls, for one device that is this
// processor: device memory is memory, a compiled program is a shared library's path, and launching
// a kernel runs it. Where the real header is there, the compiler compares the declarations.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

#if __has_include(<cuda.h>)
#include <cuda.h>
#else
typedef int CUresult, CUdevice, CUdevice_attribute;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUstream_st* CUstream;
#endif
#define CUDAAPI_RESULT extern "C" CUresult

static std::string folder;
static int multiprocessors = 1;
static int compiled = 0;

// Where emulation.h lies and programs are compiled.
extern "C" void emulated_folder(const char* path) { folder = path; }

extern "C" void emulated_multiprocessors(int count) { multiprocessors = count; }

extern "C" int emulated_compilations() { return compiled; }

CUDAAPI_RESULT cuInit(unsigned) { return (CUresult)0; }

CUDAAPI_RESULT cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return (CUresult)(ordinal == 0 ? 0 : 101);
}

CUDAAPI_RESULT cuDeviceGetName(char* name, int length, CUdevice) {
  snprintf(name, length, "this processor");
  return (CUresult)0;
}

CUDAAPI_RESULT cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  switch ((int)attribute) {
    case 16: *value = multiprocessors; return (CUresult)0;
    case 39: *value = 256; return (CUresult)0;  // threads of a multiprocessor
    case 75: *value = 9; return (CUresult)0;    // compute capability
    case 76: *value = 0; return (CUresult)0;
  }
  return (CUresult)1;
}

CUDAAPI_RESULT cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  *context = (CUcontext)&multiprocessors;
  return (CUresult)0;
}

static __thread int depth = 0;

CUDAAPI_RESULT cuCtxPushCurrent_v2(CUcontext context) {
  depth++;
  return (CUresult)(context == (CUcontext)&multiprocessors ? 0 : 201);
}

CUDAAPI_RESULT cuCtxPopCurrent_v2(CUcontext*) { return (CUresult)(--depth >= 0 ? 0 : 201); }

CUDAAPI_RESULT cuModuleLoadData(CUmodule* module, const void* image) {
  if (depth < 1) return (CUresult)201;
  *module = (CUmodule)dlopen((const char*)image, RTLD_NOW | RTLD_LOCAL);
  return (CUresult)(*module ? 0 : 200);
}

struct Kernel {
  void (*entry)(const void*);
  bool (*emulate)(
      void (*)(const void*), unsigned, unsigned, unsigned, unsigned, const void*);
};

CUDAAPI_RESULT cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  Kernel* kernel = new Kernel;
  *(void**)&kernel->entry = dlsym(module, (std::string(name) + "_emulated").c_str());
  *(void**)&kernel->emulate = dlsym(module, "emulate");
  *function = (CUfunction)kernel;
  return (CUresult)(kernel->entry && kernel->emulate ? 0 : 500);
}

CUDAAPI_RESULT cuLaunchKernel(
    CUfunction function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned threads_y,
    unsigned threads_z, unsigned shared, CUstream stream, void** arguments, void** extra) {
  if (depth < 1) return (CUresult)201;
  if (!x || !y || !z || y > 65535 || z > 65535 || threads % 32 || threads_y != 1 ||
      threads_z != 1 || shared || stream || extra) {
    return (CUresult)1;
  }
  Kernel* kernel = (Kernel*)function;
  return (CUresult)(kernel->emulate(kernel->entry, x, y, z, threads, arguments[0]) ? 0 : 719);
}

CUDAAPI_RESULT cuGetErrorName(CUresult result, const char** name) {
  static char text[32];
  snprintf(text, sizeof text, "CUDA_ERROR_%d", (int)result);
  *name = text;
  return (CUresult)0;
}

// NVRTC, whose compiler is g++.
struct Program {
  std::string source, log, image;
};

extern "C" {
int nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 8;
  return 0;
}

int nvrtcGetNumSupportedArchs(int* count) {
  *count = 3;
  return 0;
}

int nvrtcGetSupportedArchs(int* archs) {
  archs[0] = 70;
  archs[1] = 80;
  archs[2] = 90;
  return 0;
}

int nvrtcCreateProgram(
    Program** program, const char* source, const char*, int headers, const char* const*,
    const char* const*) {
  *program = new Program;
  (*program)->source = source;
  return headers == 0 ? 0 : 1;
}

int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  std::string base = folder + "/kernels" + std::to_string(getpid()) + "-"
      + std::to_string(++compiled);
  FILE* file = fopen((base + ".cpp").c_str(), "w");
  if (!file) return 9;
  fprintf(file, "#include \"%s/emulation.h\"\n%s", folder.c_str(), program->source.c_str());
  fclose(file);
  std::string command = "g++ -std=c++17 -O2 -shared -fPIC -o " + base + ".so " + base + ".cpp";
  for (int i = 0; i < count; i++) {
    if (!strncmp(options[i], "-D", 2)) command += std::string(" ") + options[i];
  }
  command += " > " + base + ".log 2>&1";
  int result = system(command.c_str());
  if (FILE* log = fopen((base + ".log").c_str(), "r")) {
    for (int c; (c = fgetc(log)) != EOF;) program->log += (char)c;
    fclose(log);
  }
  program->image = base + ".so";
  return result == 0 ? 0 : 6;
}

int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  *size = program->log.size() + 1;
  return 0;
}

int nvrtcGetProgramLog(Program* program, char* log) {
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->image.size() + 1;
  return 0;
}

int nvrtcGetCUBIN(Program* program, char* image) {
  memcpy(image, program->image.c_str(), program->image.size() + 1);
  return 0;
}

int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}

const char* nvrtcGetErrorString(int) { return "the program does not compile"; }
}
