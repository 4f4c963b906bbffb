#!/usr/bin/env bash
# Builds the benchmarks and runs them; arguments go to JMH, for example: benchmarks/run.sh forward
set -euo pipefail
cd "$(dirname "$0")/.."
maven=${MVN:-./mvnw}
"$maven" -B -ntp -q -pl benchmarks -am -DskipTests package \
  dependency:build-classpath -Dmdep.includeScope=runtime -Dmdep.outputFile=target/classpath.txt
java=java
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
fi
exec "$java" -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" \
  org.openjdk.jmh.Main "$@"
