// Enough of the Metal language for clang to compile WebKit's Metal text for another GPU (scripts/webkit/cost.ts): types, address
// spaces and the functions that the lab's shaders use. The text is compiled and counted, never run.
#pragma clang diagnostic ignored "-Weverything"
#define device __attribute__((address_space(1)))
#define threadgroup __attribute__((address_space(3)))
#define thread
#define constant __attribute__((address_space(4)))
#define INLINE static inline __attribute__((always_inline))
typedef unsigned uint;
typedef unsigned uint32_t;
typedef unsigned char uchar;
typedef _Float16 half;

template<bool B, class T, class U> struct conditional { typedef T type; };
template<class T, class U> struct conditional<false, T, U> { typedef U type; };
template<bool B, class T, class U> using conditional_t = typename conditional<B, T, U>::type;
template<class T> constexpr bool is_scalar_v = __is_scalar(T) || __is_same(T, half);
template<class T> constexpr bool is_signed_v = __is_signed(T);
template<class T> struct numeric_limits { static constexpr T infinity() { return __builtin_inff(); } static constexpr T lowest() { return T(1) << (sizeof(T) * 8 - 1); } };

template<class T, unsigned N> using vec = T __attribute__((ext_vector_type(N)));
template<class T, class U> constexpr bool is_same_v = __is_same(T, U);
template<class V> struct Shape { static constexpr unsigned size = 1; typedef V type; };
template<class T, unsigned N> struct Shape<T __attribute__((ext_vector_type(N)))> { static constexpr unsigned size = N; typedef T type; };
template<class V> using make_scalar_t = typename Shape<V>::type;
typedef vec<float, 2> float2; typedef vec<float, 3> float3; typedef vec<float, 4> float4;
typedef vec<half, 2> half2; typedef vec<half, 4> half4;
typedef vec<uint, 2> uint2; typedef vec<uint, 4> uint4; typedef vec<int, 4> int4;
typedef vec<uchar, 4> uchar4; typedef vec<char, 4> char4; typedef char4 packed_char4; typedef uchar4 packed_uchar4;

template<class R, unsigned N, class A> INLINE void place(vec<R, N>& r, unsigned& at, A a)
{
    // A loop over a constant number of parts is written out before anything is counted.
    if constexpr (Shape<A>::size == 1) r[at++] = R(a);
    else for (unsigned i = 0; i < Shape<A>::size; i++) r[at++] = R(a[i]);
}
// Constructors of vectors: from parts, from one scalar, and conversions.
template<class R, unsigned N, class... A> INLINE vec<R, N> make_vec(A... parts)
{
    vec<R, N> r = R(0);
    unsigned at = 0;
    (place<R, N>(r, at, parts), ...);
    if (at == 1) for (unsigned i = 1; i < N; i++) r[i] = r[0];
    return r;
}

// Private arrays are objects, arrays in other address spaces are C's.
template<class T, unsigned N> struct array { T v[N]; T& operator[](unsigned i) { return v[i]; } const T& operator[](unsigned i) const { return v[i]; } };
template<class T, unsigned N> using plain = T[N];
template<class T, unsigned C, unsigned R> struct matrix {
    vec<T, R> v[C];
    vec<T, R>& operator[](unsigned i) { return v[i]; }
    const vec<T, R>& operator[](unsigned i) const { return v[i]; }
    matrix() : v { } { }
    template<class... A> matrix(A... parts)
    {
        unsigned at = 0;
        vec<T, C * R> all = make_vec<T, C * R>(parts...);
        for (unsigned i = 0; i < C * R; i++) v[i / R][i % R] = all[i];
    }
};
template<class T, unsigned C, unsigned R> INLINE vec<T, R> operator*(const matrix<T, C, R>& m, vec<T, C> a) { vec<T, R> r = m[0] * a[0]; for (unsigned i = 1; i < C; i++) r += m[i] * a[i]; return r; }
template<class T, unsigned C, unsigned R> INLINE vec<T, C> operator*(vec<T, R> a, const matrix<T, C, R>& m) { vec<T, C> r = T(0); for (unsigned i = 0; i < C; i++) for (unsigned k = 0; k < R; k++) r[i] += m[i][k] * a[k]; return r; }
template<class T, unsigned C, unsigned R> INLINE matrix<T, R, C> transpose(const matrix<T, C, R>& m) { matrix<T, R, C> r; for (unsigned i = 0; i < R; i++) for (unsigned k = 0; k < C; k++) r[i][k] = m[k][i]; return r; }

#define EACH(name, expression) \
    template<class T> INLINE T name(T a) { if constexpr (is_scalar_v<T>) return expression; else { T r; for (unsigned i = 0; i < Shape<T>::size; i++) r[i] = name(typename Shape<T>::type(a[i])); return r; } }
INLINE float __exp(float a) { return __builtin_amdgcn_exp2f(a * 1.4427f); }
EACH(exp, __exp(a)) EACH(exp2, __builtin_amdgcn_exp2f(a)) EACH(log, __builtin_amdgcn_logf(a)) EACH(log2, __builtin_amdgcn_logf(a))
EACH(sqrt, __builtin_elementwise_sqrt(a)) EACH(rsqrt, __builtin_amdgcn_rsqf(a)) EACH(floor, __builtin_elementwise_floor(a))
EACH(rint, __builtin_elementwise_rint(a)) EACH(round, __builtin_elementwise_roundeven(a)) EACH(cos, __builtin_amdgcn_cosf(a)) EACH(sin, __builtin_amdgcn_sinf(a))
EACH(trunc, __builtin_elementwise_trunc(a)) EACH(ceil, __builtin_elementwise_ceil(a)) EACH(tanh, __exp(a))
EACH(abs, __builtin_elementwise_abs(a)) EACH(fabs, __builtin_elementwise_abs(a)) EACH(popcount, __builtin_popcount(a))
EACH(ctz, __builtin_ctz(a)) EACH(clz, __builtin_clz(a))
EACH(atan, __builtin_bit_cast(T, __builtin_amdgcn_ds_swizzle(__builtin_bit_cast(int, a), 0x041F))) // a shuffle: shuffles.ts
template<class T> INLINE T min(T a, T b) { return __builtin_elementwise_min(a, b); }
template<class T> INLINE T max(T a, T b) { return __builtin_elementwise_max(a, b); }
INLINE float max(float a, double b) { return __builtin_elementwise_max(a, float(b)); }
INLINE float min(float a, double b) { return __builtin_elementwise_min(a, float(b)); }
template<class T> INLINE T clamp(T a, T b, T c) { return min(max(a, b), c); }
INLINE float clamp(float a, double b, double c) { return min(max(a, float(b)), float(c)); }
template<class T> INLINE T fma(T a, T b, T c) { return __builtin_elementwise_fma(a, b, c); }
template<class T> INLINE T pow(T a, T b) { return exp2(log2(a) * b); }
template<class T> INLINE T mix(T a, T b, T c) { return a + (b - a) * c; }
template<class T, class U, class B> INLINE auto select(T a, U b, B c)
{
    typedef conditional_t<is_scalar_v<T>, U, T> V;
    V x = V(a), y = V(b);
    if constexpr (is_scalar_v<B>) return c ? y : x;
    else { V r; for (unsigned i = 0; i < Shape<V>::size; i++) r[i] = c[i] ? y[i] : x[i]; return r; }
}
template<class T> INLINE auto dot(T a, T b) { typename Shape<T>::type r = 0; for (unsigned i = 0; i < Shape<T>::size; i++) r += a[i] * b[i]; return r; }
template<class T> INLINE bool any(T a) { bool r = false; for (unsigned i = 0; i < Shape<T>::size; i++) r |= a[i] != 0; return r; }
template<class T> INLINE bool all(T a) { bool r = true; for (unsigned i = 0; i < Shape<T>::size; i++) r &= a[i] != 0; return r; }
template<class T, class F> INLINE T as_type(F a) { T r; static_assert(sizeof(T) == sizeof(F)); __builtin_memcpy(&r, &a, sizeof r); return r; }
INLINE uint extract_bits(uint a, uint b, uint c) { return __builtin_amdgcn_ubfe(a, b, c); }
INLINE int extract_bits(int a, uint b, uint c) { return __builtin_amdgcn_sbfe(a, b, c); }
INLINE uint insert_bits(uint a, uint b, uint c, uint d) { uint mask = ((1u << d) - 1) << c; return (a & ~mask) | (b << c & mask); }
INLINE uint pack_float_to_unorm4x8(float4 a) { return uint(a[0]) | uint(a[1]) << 8 | uint(a[2]) << 16 | uint(a[3]) << 24; }
INLINE uint pack_float_to_snorm4x8(float4 a) { return pack_float_to_unorm4x8(a); }
INLINE float4 unpack_unorm4x8_to_float(uint a) { return float4 { float(a & 255), float(a >> 8 & 255), float(a >> 16 & 255), float(a >> 24) }; }
INLINE float4 unpack_snorm4x8_to_float(uint a) { return unpack_unorm4x8_to_float(a); }

enum class mem_flags { mem_none, mem_device, mem_threadgroup };
enum memory_order { memory_order_relaxed };
INLINE void threadgroup_barrier(mem_flags) { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup"); __builtin_amdgcn_s_barrier(); }
template<class T> using atomic = T;
typedef uint atomic_uint;
#define atomic_fetch_add_explicit(p, v, o) __scoped_atomic_fetch_add(p, v, 0, 1)
#define atomic_fetch_max_explicit(p, v, o) __scoped_atomic_fetch_max(p, v, 0, 1)
#define atomic_fetch_min_explicit(p, v, o) __scoped_atomic_fetch_min(p, v, 0, 1)
#define atomic_fetch_or_explicit(p, v, o) __scoped_atomic_fetch_or(p, v, 0, 1)
#define atomic_load_explicit(p, o) __scoped_atomic_load_n(p, 0, 1)
#define atomic_store_explicit(p, v, o) __scoped_atomic_store_n(p, v, 0, 1)
