#!/usr/bin/env bash
# Builds the benchmarks and runs them; arguments go to JMH, for example: benchmarks/run.sh forward
# MAIN=MaskRcnnParts benchmarks/run.sh runs a class of the module that measures by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
maven=${MVN:-./mvnw}
"$maven" -B -ntp -q -pl benchmarks -am -DskipTests package \
  dependency:build-classpath -Dmdep.includeScope=runtime -Dmdep.outputFile=target/classpath.txt
java=java
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
fi
: "${MALLOC_MMAP_THRESHOLD_:=1073741824}" "${MALLOC_TRIM_THRESHOLD_:=4294967296}"
: "${MALLOC_TOP_PAD_:=67108864}" "${GOMP_SPINCOUNT:=4000}"
export MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_ MALLOC_TOP_PAD_ GOMP_SPINCOUNT # as ./visionmamba
classpath="benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)"
if [ -n "${MAIN:-}" ]; then
  exec "$java" --add-modules jdk.incubator.vector -Dai.djl.offline=true -cp "$classpath" \
    "dev.visionmamba.benchmarks.$MAIN" "$@"
fi
exec "$java" -cp "$classpath" org.openjdk.jmh.Main "$@"
