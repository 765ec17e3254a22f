# An adapter for tools that drive node-gyp (prebuildify). CMakeLists.txt is the build; this target only asks cmake-js for it
# and leaves the module in node-gyp's product directory. Never published, so that npm does not compile at install.
{
  "targets": [
    {
      "target_name": "mixminus",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/mixminus.node"],
          "action": ["node", "node_modules/cmake-js/bin/cmake-js", "build", "--out", "<(PRODUCT_DIR)", "--parallel", "2"]
        }
      ]
    }
  ]
}
