//! WGSL to SPIR-V as wgpu 29, which is in Deno 2.9, writes it for a Vulkan device with robustBufferAccess2: buffers are left
//! to the device, every other index that is no constant is clamped. usage: wgsl2spv OUT_DIR FILE.wgsl…

use naga::{
    back::spv,
    proc::{BoundsCheckPolicies, BoundsCheckPolicy},
    valid,
};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (out, files) = arguments.split_first().expect("a folder to write to");
    for file in files {
        let stem = Path::new(file).file_stem().unwrap().to_str().unwrap();
        std::fs::write(format!("{out}/{stem}.spv"), translate(file)).unwrap();
    }
}

fn translate(file: &str) -> Vec<u8> {
    let source = std::fs::read_to_string(file).unwrap();
    let module = naga::front::wgsl::parse_str(&source)
        .unwrap_or_else(|error| panic!("{file}: {}", error.emit_to_string(&source)));
    let flags = valid::ValidationFlags::all();
    let info = valid::Validator::new(flags, valid::Capabilities::all()).validate(&module).unwrap();
    let options = spv::Options {
        lang_version: (1, 6),
        bounds_check_policies: BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: BoundsCheckPolicy::Unchecked,
            image_load: BoundsCheckPolicy::Unchecked,
            binding_array: BoundsCheckPolicy::Unchecked,
        },
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Native,
        force_loop_bounding: true,
        use_storage_input_output_16: true,
        ..Default::default()
    };
    let pipeline = spv::PipelineOptions {
        shader_stage: naga::ShaderStage::Compute,
        entry_point: "main".into(),
    };
    let words = spv::write_vec(&module, &info, &options, Some(&pipeline)).unwrap();
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
