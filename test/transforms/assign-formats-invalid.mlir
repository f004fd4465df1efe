// RUN: not cvt-opt %s --cvt-assign-formats=format=f13 2>&1 | FileCheck %s
// CHECK: Cannot find option named 'f13'
