#!/bin/bash
# Builds wgsl-webkit, the WGSL compiler that Safari uses, from Debian's source package of WebKit, with driver.cpp as its command:
#
#   build.sh webkit2gtk_VERSION.orig.tar.xz FOLDER [COMPILER]      COMPILER: clang++-19 unless named
#
# Packages: clang-19 ninja-build ruby libicu-dev libatomic1 xz-utils. It takes 287 CPU seconds, two and a half minutes of two cores.
# Without -O1 it would take less, but each text six times as long (14 variants 38 s instead of 6). The result, FOLDER/wgsl-webkit,
# has 2 MB. Built are Source/WebGPU/WGSL (32 files) and 77 files of Source/WTF with the system's malloc, as the port "JSCOnly";
# nothing else of WebKit. compiler.js fetches the tarball and calls this.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
tarball=$(realpath "$1")
out=$(realpath -m "$2")
cxx=${3:-clang++-19}
mkdir -p "$out"
cd "$out"
[ -d Source ] || tar xf "$tarball" --strip-components=1 --wildcards '*/Source/WebGPU/WGSL/*' '*/Source/WTF/*'
wgsl=Source/WebGPU/WGSL
wtf=Source/WTF/wtf

cat > $wtf/stubs.cpp <<'STUB'
namespace WTF { void initializeDates(); void initializeDates() { } }
STUB

# Headers that most files include, compiled once: a third of the time.
cat > wgsl_pch.h <<'PCH'
#include "config.h"
#include <wtf/Assertions.h>
#include <wtf/DataLog.h>
#include <wtf/Deque.h>
#include <wtf/HashMap.h>
#include <wtf/HashSet.h>
#include <wtf/ListHashSet.h>
#include <wtf/PrintStream.h>
#include <wtf/SetForScope.h>
#include <wtf/SortedArrayMap.h>
#include <wtf/TZoneMallocInlines.h>
#include <wtf/text/MakeString.h>
#include <wtf/text/StringBuilder.h>
#include <wtf/text/StringHash.h>
#include "AST.h"
#include "ASTVisitor.h"
#include "CallGraph.h"
#include "TypeStore.h"
#include "Types.h"
#include "WGSL.h"
#include "WGSLShaderModule.h"
PCH
cat > wtf_pch.h <<'PCH'
#include "config.h"
#include <wtf/Assertions.h>
#include <wtf/HashMap.h>
#include <wtf/HashSet.h>
#include <wtf/Lock.h>
#include <wtf/MonotonicTime.h>
#include <wtf/NeverDestroyed.h>
#include <wtf/PrintStream.h>
#include <wtf/StdLibExtras.h>
#include <wtf/Vector.h>
#include <wtf/text/AtomString.h>
#include <wtf/text/MakeString.h>
#include <wtf/text/StringBuilder.h>
#include <wtf/text/StringView.h>
#include <wtf/text/WTFString.h>
PCH

cp "$here/driver.cpp" $wgsl/driver.cpp
wgsl_files=$(sed -n '/^set(wgslc_SOURCES/,/)/p' $wgsl/CMakeLists.txt | grep -o '[A-Za-z0-9/_]*\.cpp' | sed 's/wgslc\.cpp/driver.cpp/')
wtf_files='
ASCIICType.cpp ApproximateTime.cpp Assertions.cpp BitVector.cpp ClockType.cpp ContinuousApproximateTime.cpp
ContinuousTime.cpp CryptographicallyRandomNumber.cpp CurrentTime.cpp DataLog.cpp FastFloat.cpp FastMalloc.cpp
FilePrintStream.cpp FunctionDispatcher.cpp HashTable.cpp HexNumber.cpp Int128.cpp Lock.cpp LockedPrintStream.cpp
MainThread.cpp MallocCommon.cpp MonotonicTime.cpp NumberOfCores.cpp OSRandomSource.cpp PageBlock.cpp ParkingLot.cpp
PrintStream.cpp RandomDevice.cpp RunLoop.cpp SIMDUTF.cpp SafeStrerror.cpp Seconds.cpp StackBounds.cpp StackCheck.cpp
StackPointer.cpp StackTrace.cpp StringPrintStream.cpp Threading.cpp TimeWithDynamicClockType.cpp UniqueArray.cpp
Vector.cpp WTFAssertions.cpp WTFConfig.cpp WTFProcess.cpp WallTime.cpp WeakRandomNumber.cpp WordLock.cpp dtoa.cpp
dragonbox/dragonbox_to_chars.cpp dtoa/bignum-dtoa.cc dtoa/bignum.cc dtoa/cached-powers.cc dtoa/diy-fp.cc
dtoa/double-conversion.cc dtoa/fast-dtoa.cc dtoa/fixed-dtoa.cc dtoa/strtod.cc text/ASCIILiteral.cpp
text/AtomString.cpp text/AtomStringImpl.cpp text/AtomStringTable.cpp text/CString.cpp text/ExternalStringImpl.cpp
text/StringBuffer.cpp text/StringBuilder.cpp text/StringCommon.cpp text/StringImpl.cpp text/StringView.cpp
text/SymbolImpl.cpp text/SymbolRegistry.cpp text/WTFString.cpp threads/Signals.cpp unicode/UTF8Conversion.cpp
generic/MainThreadGeneric.cpp generic/RunLoopGeneric.cpp posix/ThreadingPOSIX.cpp unix/UniStdExtrasUnix.cpp
stubs.cpp'
without_pch=' text/CString.cpp stubs.cpp ' # CString.cpp must not have seen WTFString.h

flags="-std=c++23 -O1 -w -fno-exceptions -fno-rtti -fno-strict-aliasing -ffunction-sections -fdata-sections
 -DBUILDING_JSCONLY__ -DUSE_SYSTEM_MALLOC=1 -DUSE_GENERIC_EVENT_LOOP=1 -DWTF_DEFAULT_EVENT_LOOP=0 -DENABLE_JIT=0
 -DSTATICALLY_LINKED_WITH_WTF -DNDEBUG -DRELEASE_WITHOUT_OPTIMIZATIONS -D_GNU_SOURCE"
{
  echo "cxx = $cxx $(echo $flags)"
  echo "wgsl = -I. -I$wgsl -I$wgsl/AST -I$wgsl/Metal -ISource/WTF"
  echo "wtf = -DBUILDING_WTF -ISource/WTF $(printf -- "-I$wtf%s " '' /dtoa /fast_float /persistence /simdutf /text /text/icu /threads /unicode)"
  cat <<'RULES' | sed "s|LINKER|$cxx|"
rule cc
  command = $cxx $inc $pch -c $in -o $out
rule pch
  command = $cxx $inc -x c++-header $in -o $out
rule link
  command = LINKER -Wl,--gc-sections -s -o $out $in -licui18n -licuuc -licudata -ldl -lpthread -latomic
rule types
  command = ruby $in $out
RULES
  echo "build TypeDeclarations.h: types $wgsl/generator/main.rb $wgsl/TypeDeclarations.rb"
  printf 'build wgsl.pch: pch wgsl_pch.h | TypeDeclarations.h\n  inc = $wgsl\n'
  printf 'build wtf.pch: pch wtf_pch.h\n  inc = $wtf\n'
  objects=
  for f in $wgsl_files; do
    o=o/wgsl/$f.o objects="$objects $o"
    printf 'build %s: cc %s | wgsl.pch\n  inc = $wgsl\n  pch = -include-pch wgsl.pch\n' "$o" "$wgsl/$f"
  done
  for f in $wtf_files; do
    o=o/wtf/$f.o objects="$objects $o"
    case "$without_pch" in
      *" $f "*) printf 'build %s: cc %s\n  inc = $wtf\n' "$o" "$wtf/$f" ;;
      *) printf 'build %s: cc %s | wtf.pch\n  inc = $wtf\n  pch = -include-pch wtf.pch\n' "$o" "$wtf/$f" ;;
    esac
  done
  echo "build wgsl-webkit: link$objects"
  echo "default wgsl-webkit"
} > build.ninja
ninja --quiet ${JOBS:+-j$JOBS} wgsl-webkit
