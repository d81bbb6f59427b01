// Gives WGSL texts to the compiler that Safari uses. Reads jobs from stdin and answers each on stdout, until stdin ends:
//
//   job      BYTES ENTRY@BINDING=TYPE,… ENTRY@… …\n  and as many bytes of WGSL    TYPE: uniform, storage, read-only-storage
//   answer   accepted BYTES\n  and the Metal text, each entry point's after a line "// entry point: NAME"
//            refused BYTES\n   and the compiler's messages, a line each
//
// A process that ends before it has answered a job has crashed in it. Exit code 2: a job that cannot be read.
// WGSL_WORKGROUP_BYTES is the limit of workgroup memory, 32768 unless set.
#include "config.h"
#include "WGSL.h"
#include "WGSLShaderModule.h"
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>
#include <wtf/MainThread.h>
#include <wtf/StringPrintStream.h>
#include <wtf/text/StringToIntegerConversion.h>

namespace {

struct Answer {
    bool accepted { true };
    std::string text;

    void refuse(const WGSL::Error& error)
    {
        if (accepted)
            text.clear();
        accepted = false;
        StringPrintStream out;
        out.print(error);
        text += out.toCString().data();
        text += '\n';
    }
};

// "0=uniform,1=read-only-storage" as the explicit layout of bind group 0 that a page would create.
void fillLayout(WGSL::PipelineLayout& layout, const String& text)
{
    auto entries = text.split(',');
    WGSL::BindGroupLayout group { 0, { } };
    for (unsigned place = 0; place < entries.size(); ++place) {
        auto sides = entries[place].split('=');
        auto type = sides[1] == "uniform"_s ? WGSL::BufferBindingType::Uniform
            : sides[1] == "storage"_s ? WGSL::BufferBindingType::Storage
                                      : WGSL::BufferBindingType::ReadOnlyStorage;
        WGSL::BindGroupLayoutEntry entry { };
        entry.binding = entry.webBinding = parseInteger<uint32_t>(sides[0]).value_or(0);
        entry.visibility.add(WGSL::ShaderStage::Compute);
        entry.bindingMember = WGSL::BufferBindingLayout { type, false, 0 };
        entry.computeArgumentBufferIndex = place;
        entry.computeArgumentBufferSizeIndex = place + static_cast<unsigned>(entries.size());
        group.entries.append(WTFMove(entry));
    }
    layout.bindGroupLayouts.append(WTFMove(group));
}

void translate(WGSL::ShaderModule& module, const String& wanted, Answer& answer)
{
    size_t at = wanted.find('@');
    String name = at == notFound ? wanted : wanted.left(at);
    WGSL::PipelineLayout layout;
    if (at != notFound)
        fillLayout(layout, wanted.substring(at + 1));
    HashMap<String, WGSL::PipelineLayout*> layouts;
    layouts.add(name, at == notFound ? nullptr : &layout);

    auto prepared = WGSL::prepare(module, layouts);
    if (auto* refused = std::get_if<WGSL::Error>(&prepared))
        return answer.refuse(*refused);
    auto& result = std::get<WGSL::PrepareResult>(prepared);
    if (!result.entryPoints.contains(name)) {
        answer = { false, std::string("no entry point ") + name.utf8().data() + "\n" };
        return;
    }
    HashMap<String, WGSL::ConstantValue> overrides; // the lab's texts have none
    WGSL::DeviceState device { .appleGPUFamily = 8, .shaderValidationEnabled = false };
    auto generated = WGSL::generate(module, result, overrides, WTFMove(device));
    if (auto* refused = std::get_if<WGSL::Error>(&generated))
        return answer.refuse(*refused);
    answer.text += std::string("// entry point: ") + name.utf8().data() + "\n" + std::get<String>(generated).utf8().data() + "\n";
}

Answer compile(const std::string& wgsl, const std::vector<std::string>& entryPoints)
{
    const char* limit = std::getenv("WGSL_WORKGROUP_BYTES");
    WGSL::Configuration configuration {
        .maximumCombinedWorkgroupVariablesSize = limit ? static_cast<unsigned>(std::atoi(limit)) : 32768u,
        .supportedFeatures = { "shader-f16"_s },
    };
    Answer answer;
    auto checked = WGSL::staticCheck(String::fromUTF8(wgsl.c_str()), std::nullopt, configuration);
    if (auto* refused = std::get_if<WGSL::FailedCheck>(&checked)) {
        for (const auto& error : refused->errors)
            answer.refuse(error);
        return answer;
    }
    auto& module = std::get<WGSL::SuccessfulCheck>(checked).ast;
    for (const auto& wanted : entryPoints) {
        if (answer.accepted)
            translate(module, String::fromLatin1(wanted.c_str()), answer);
    }
    return answer;
}

}

int main()
{
    WTF::initializeMainThread();
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        size_t bytes = 0;
        std::vector<std::string> entryPoints;
        words >> bytes;
        for (std::string word; words >> word;)
            entryPoints.push_back(word);
        std::string wgsl(bytes, '\0');
        if (!bytes || entryPoints.empty() || !std::cin.read(wgsl.data(), static_cast<std::streamsize>(bytes)))
            return 2;
        auto answer = compile(wgsl, entryPoints);
        std::printf("%s %zu\n%s", answer.accepted ? "accepted" : "refused", answer.text.size(), answer.text.c_str());
        std::fflush(stdout);
    }
    return 0;
}
