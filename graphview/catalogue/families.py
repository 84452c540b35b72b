"""An op's family: the name that stays the same across overloads, devices and fused variants."""

from __future__ import annotations

# The same mathematics under names that depend on the device or on a library behind it.
SAME = {
    "native_batch_norm": "batch_norm",
    "cudnn_batch_norm": "batch_norm",
    "miopen_batch_norm": "batch_norm",
    "batch_norm_with_update": "batch_norm",
    "native_batch_norm_legit": "batch_norm",
    "native_batch_norm_legit_no_training": "batch_norm",
    "native_layer_norm": "layer_norm",
    "native_group_norm": "group_norm",
    "native_dropout": "dropout",
    "fused_dropout": "dropout",
    "cudnn_rnn": "rnn",
    "miopen_rnn": "rnn",
    "mkldnn_rnn_layer": "rnn",
    "lstm_mps": "rnn",
    "thnn_fused_lstm_cell": "lstm_cell",
    "thnn_fused_gru_cell": "gru_cell",
    "convolution_overrideable": "convolution",
    "mkldnn_convolution": "convolution",
    "cudnn_convolution": "convolution",
    "miopen_convolution": "convolution",
    "mps_convolution": "convolution",
    "mkldnn_linear": "linear",
    "scaled_dot_product_flash_attention": "scaled_dot_product_attention",
    "scaled_dot_product_flash_attention_for_cpu": "scaled_dot_product_attention",
    "scaled_dot_product_efficient_attention": "scaled_dot_product_attention",
    "scaled_dot_product_cudnn_attention": "scaled_dot_product_attention",
    "scaled_dot_product_fused_attention_overrideable": "scaled_dot_product_attention",
    "cudnn_ctc_loss": "ctc_loss",
}


def family(op: str) -> str:
    """`mul.Tensor`, `mul_` -> `mul`; `_softmax` -> `softmax`; `cudnn_rnn` -> `rnn`."""
    base = op.split(".")[0].strip("_")
    return SAME.get(base, base)
