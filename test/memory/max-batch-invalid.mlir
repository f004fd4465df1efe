// RUN: cvt-opt %s --cvt-plan-memory=max-batch=0 --verify-diagnostics

// expected-error @+1 {{max-batch is 0, expected at least 1}}
module {
}
