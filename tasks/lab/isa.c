// Compiles compute shaders in SPIR-V on the first Vulkan device that the loader finds, and prints the driver's statistics of
// them, a line for each file. usage: isa FILE.spv…
#include <stdio.h>
#include <stdlib.h>
#include <vulkan/vulkan.h>

// More bindings than any shader has: what it does not use may be there.
#define BINDINGS 12

static void check(VkResult result, const char *call) {
  if (result == VK_SUCCESS) return;
  printf("%s failed: %d\n", call, result);
  exit(1);
}
#define CHECK(call) check(call, #call)

static VkPhysicalDevice first_device(void) {
  VkApplicationInfo application = {VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_3};
  VkInstanceCreateInfo create = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
  VkInstance instance;
  CHECK(vkCreateInstance(&create, NULL, &instance));
  uint32_t count = 1;
  VkPhysicalDevice device;
  vkEnumeratePhysicalDevices(instance, &count, &device);
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(device, &properties);
  printf("# %s\n", properties.deviceName);
  return device;
}

// A device with what wgpu asks for: bounds checks for buffers, its memory model, 16-bit values.
static VkDevice open_device(VkPhysicalDevice physical) {
  float priority = 1;
  VkDeviceQueueCreateInfo queue = {
      VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority};
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR statistics = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, .pipelineExecutableInfo = 1};
  VkPhysicalDeviceVulkan12Features vulkan12 = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
      .pNext = &statistics, .shaderFloat16 = 1, .vulkanMemoryModel = 1};
  VkPhysicalDeviceVulkan11Features vulkan11 = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
      .pNext = &vulkan12, .storageBuffer16BitAccess = 1, .uniformAndStorageBuffer16BitAccess = 1};
  VkPhysicalDeviceFeatures2 features = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &vulkan11,
      .features = {.robustBufferAccess = 1, .shaderInt16 = 1}};
  const char *extensions[] = {"VK_KHR_pipeline_executable_properties"};
  VkDeviceCreateInfo create = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = &features, .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue, .enabledExtensionCount = 1, .ppEnabledExtensionNames = extensions};
  VkDevice device;
  CHECK(vkCreateDevice(physical, &create, NULL, &device));
  return device;
}

static VkShaderModule load_shader(VkDevice device, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(1);
  long size = ftell(file);
  rewind(file);
  uint32_t *code = malloc(size);
  if (fread(code, 1, size, file) != (size_t)size) exit(1);
  fclose(file);
  VkShaderModuleCreateInfo create = {
      VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = code};
  VkShaderModule shader;
  CHECK(vkCreateShaderModule(device, &create, NULL, &shader));
  free(code);
  return shader;
}

static VkPipeline compile(VkDevice device, VkShaderModule shader) {
  VkDescriptorSetLayoutBinding bindings[BINDINGS];
  for (uint32_t i = 0; i < BINDINGS; i++) {
    bindings[i] = (VkDescriptorSetLayoutBinding){
        i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT};
  }
  VkDescriptorSetLayoutCreateInfo set = {
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = BINDINGS, .pBindings = bindings};
  VkDescriptorSetLayout set_layout;
  CHECK(vkCreateDescriptorSetLayout(device, &set, NULL, &set_layout));
  VkPipelineLayoutCreateInfo all = {
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO, .setLayoutCount = 1, .pSetLayouts = &set_layout};
  VkPipelineLayout layout;
  CHECK(vkCreatePipelineLayout(device, &all, NULL, &layout));
  VkComputePipelineCreateInfo create = {VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR,
      .stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO, .stage = VK_SHADER_STAGE_COMPUTE_BIT,
          .module = shader, .pName = "main"},
      .layout = layout};
  VkPipeline pipeline;
  CHECK(vkCreateComputePipelines(device, NULL, 1, &create, NULL, &pipeline));
  return pipeline;
}

static void print_statistics(VkDevice device, VkPipeline pipeline) {
  PFN_vkGetPipelineExecutableStatisticsKHR get =
      (PFN_vkGetPipelineExecutableStatisticsKHR)vkGetDeviceProcAddr(device, "vkGetPipelineExecutableStatisticsKHR");
  VkPipelineExecutableInfoKHR which = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline};
  uint32_t count = 0;
  CHECK(get(device, &which, &count, NULL));
  VkPipelineExecutableStatisticKHR *found = calloc(count, sizeof *found);
  for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  CHECK(get(device, &which, &count, found));
  for (uint32_t i = 0; i < count; i++) printf(" | %s %llu", found[i].name, (unsigned long long)found[i].value.u64);
  printf("\n");
  free(found);
}

int main(int count, char **paths) {
  VkDevice device = open_device(first_device());
  for (int i = 1; i < count; i++) {
    printf("%s", paths[i]);
    print_statistics(device, compile(device, load_shader(device, paths[i])));
  }
}
