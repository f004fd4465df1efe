// The passes together, on the last layer of a classifier.
// RUN: cvt-opt %s --pass-pipeline='builtin.module(cvt-select-outputs{outputs=logits},canonicalize,cvt-fold-batch-norm,cvt-shrink-to-class-token,cvt-fuse-depthwise-convs,cvt-fuse-epilogues,canonicalize,symbol-dce)' | FileCheck %s
// RUN: cvt-opt %s --pass-pipeline='builtin.module(cvt-select-outputs{outputs=last_hidden_state},canonicalize,cvt-fold-batch-norm,cvt-shrink-to-class-token,cvt-fuse-depthwise-convs,cvt-fuse-epilogues,canonicalize,symbol-dce)' | FileCheck %s --check-prefix=ALL

// The logits need one token, and all keys and values.
// CHECK-NOT: @conv_q
// CHECK: func.func @forward
// CHECK: %[[X:.*]] = cvt.prepend_class_token
// CHECK: %[[N:.*]] = cvt.layer_norm %[[X]]
// CHECK-DAG: %[[ROW:.*]] = cvt.take_class_token %[[N]]
// CHECK-DAG: %[[KV:.*]]:2 = cvt.depthwise_conv %{{.*}}, [@conv_k.folded, @conv_v.folded]
// CHECK-DAG: %[[Q:.*]] = cvt.linear %[[ROW]], @w_q
// CHECK-DAG: %[[K:.*]] = cvt.linear %{{.*}}, @w_k {{.*}} -> tensor<?x5x8xf32>
// CHECK-DAG: %[[V:.*]] = cvt.linear %{{.*}}, @w_v {{.*}} -> tensor<?x5x8xf32>
// CHECK: %[[Z:.*]] = cvt.attention %[[Q]], %[[K]], %[[V]]
// CHECK: %[[SKIP:.*]] = cvt.take_class_token %[[X]]
// CHECK-NEXT: %[[O:.*]] = cvt.linear %[[Z]], @w_o bias @g residual %[[SKIP]]
// CHECK-NEXT: %[[M:.*]] = cvt.layer_norm %[[O]]
// CHECK-NEXT: %[[F1:.*]] = cvt.linear %[[M]], @w1 bias @b1 features 32 activation gelu
// CHECK-NEXT: %[[F2:.*]] = cvt.linear %[[F1]], @w2 bias @g residual %[[O]]
// CHECK-NEXT: %[[HN:.*]] = cvt.layer_norm %[[F2]], {{.*}} : tensor<?x1x8xf32>
// CHECK-NEXT: %[[HROW:.*]] = cvt.reshape %[[HN]]
// CHECK-NEXT: %[[LOGITS:.*]] = cvt.linear %[[HROW]], @head
// CHECK-NEXT: return %[[LOGITS]]

// The map needs all tokens; q, k and v are one op.
// ALL-NOT: @head
// ALL: cvt.depthwise_conv %{{.*}}, [@conv_q.folded, @conv_k.folded, @conv_v.folded]
// ALL: cvt.attention {{.*}} -> tensor<?x17x8xf32>
// ALL: cvt.linear %{{.*}}, @w2 bias @g residual %{{.*}} -> tensor<?x17x8xf32>
// ALL: %[[H:.*]] = cvt.to_nchw
// ALL-NEXT: return %[[H]]

cvt.weight @cls : tensor<1x1x8xf32> from #cvt.random<zeros, seed = 1, std = 0.0, tensor = "t">
cvt.weight @g : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @conv_q : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @conv_k : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @conv_v : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w_q : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w_k : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w_v : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w_o : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @head : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w1 : tensor<32x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @b1 : tensor<32xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
cvt.weight @w2 : tensor<8x32xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "t">
func.func @forward(%x: tensor<?x4x4x8xf32>) -> (tensor<?x8xf32>, tensor<?x1x8xf32>, tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32>) attributes {cvt.outputs = ["logits", "cls_token_value", "last_hidden_state", "hidden_states_0"]} {
  %t = cvt.reshape %x : tensor<?x4x4x8xf32> -> tensor<?x16x8xf32>
  %c = cvt.class_token @cls channels 8 : tensor<1x1x8xf32>
  %0 = cvt.prepend_class_token %c, %t : (tensor<1x1x8xf32>, tensor<?x16x8xf32>) -> tensor<?x17x8xf32>
  %y = cvt.layer_norm %0, @g, @g epsilon 1.0e-5 : tensor<?x17x8xf32>
  %yc = cvt.take_class_token %y : (tensor<?x17x8xf32>) -> tensor<?x1x8xf32>
  %yd = cvt.drop_class_token %y : (tensor<?x17x8xf32>) -> tensor<?x16x8xf32>
  %m = cvt.reshape %yd : tensor<?x16x8xf32> -> tensor<?x4x4x8xf32>
  %qm = cvt.conv_projection %m, @conv_q norm(@g, @g, @g, @g) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %km = cvt.conv_projection %m, @conv_k norm(@g, @g, @g, @g) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x4x4x8xf32>) -> tensor<?x2x2x8xf32>
  %vm = cvt.conv_projection %m, @conv_v norm(@g, @g, @g, @g) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x4x4x8xf32>) -> tensor<?x2x2x8xf32>
  %qt = cvt.reshape %qm : tensor<?x4x4x8xf32> -> tensor<?x16x8xf32>
  %kt = cvt.reshape %km : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  %vt = cvt.reshape %vm : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  %qp = cvt.prepend_class_token %yc, %qt : (tensor<?x1x8xf32>, tensor<?x16x8xf32>) -> tensor<?x17x8xf32>
  %kp = cvt.prepend_class_token %yc, %kt : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %vp = cvt.prepend_class_token %yc, %vt : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %q = cvt.linear %qp, @w_q bias @g features 8 : (tensor<?x17x8xf32>) -> tensor<?x17x8xf32>
  %k = cvt.linear %kp, @w_k bias @g features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %v = cvt.linear %vp, @w_v bias @g features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %z = cvt.attention %q, %k, %v heads 2 scale 0.353553385 : (tensor<?x17x8xf32>, tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x17x8xf32>
  %o = cvt.linear %z, @w_o bias @g features 8 : (tensor<?x17x8xf32>) -> tensor<?x17x8xf32>
  %1 = cvt.add %0, %o : tensor<?x17x8xf32>, tensor<?x17x8xf32>
  %n = cvt.layer_norm %1, @g, @g epsilon 1.0e-5 : tensor<?x17x8xf32>
  %f = cvt.linear %n, @w1 bias @b1 features 32 : (tensor<?x17x8xf32>) -> tensor<?x17x32xf32>
  %e = cvt.gelu %f function gelu : tensor<?x17x32xf32>
  %l = cvt.linear %e, @w2 bias @g features 8 : (tensor<?x17x32xf32>) -> tensor<?x17x8xf32>
  %2 = cvt.add %1, %l : tensor<?x17x8xf32>, tensor<?x17x8xf32>
  %cls = cvt.take_class_token %2 : (tensor<?x17x8xf32>) -> tensor<?x1x8xf32>
  %rest = cvt.drop_class_token %2 : (tensor<?x17x8xf32>) -> tensor<?x16x8xf32>
  %map = cvt.reshape %rest : tensor<?x16x8xf32> -> tensor<?x4x4x8xf32>
  %h = cvt.to_nchw %map : (tensor<?x4x4x8xf32>) -> tensor<?x8x4x4xf32>
  %hn = cvt.layer_norm %cls, @g, @g epsilon 1.0e-5 : tensor<?x1x8xf32>
  %mean = cvt.token_mean %hn : (tensor<?x1x8xf32>) -> tensor<?x8xf32>
  %logits = cvt.linear %mean, @head bias @g features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %logits, %cls, %h, %h : tensor<?x8xf32>, tensor<?x1x8xf32>, tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32>
}
